import { Document, isMap, isNode, isScalar, parseDocument, type Pair, type YAMLMap } from "yaml";

const fleetPath = ["config", "coinfleet:fleet"];

/**
 * A stack file's text with one map of its fleet changed, `path` being the map's keys below `coinfleet:fleet`. Every other line stays as it is, whatever its
 * form: only the text of this key is written anew. A key that is not there is put before `nodes`.
 */
export function editFleet(text: string, path: readonly [string, ...string[]], change: (map: YAMLMap) => void): string {
  const document = parseDocument(text);
  const [key, ...above] = path.toReversed();
  const parent = document.getIn([...fleetPath, ...above.toReversed()]);
  if (key === undefined || !isMap(parent)) throw new Error(`the stack file has no ${[...fleetPath, ...path.slice(0, -1)].join(".")}`);
  const pair = pairOf(parent, key);
  const [start] = rangeOf((pair ?? pairOf(parent, "nodes"))?.key);
  const value = isMap(pair?.value) ? pair.value : document.createNode({});
  // With its comment; a block's range goes on to the next line.
  const end = pair === undefined ? start : text.slice(0, rangeOf(pair.value)[2]).trimEnd().length;
  change(value);
  const alone = new Document({});
  alone.set(key, value);
  const indent = " ".repeat(start - (text.lastIndexOf("\n", start - 1) + 1));
  // The library writes [ a ] where people write [a].
  const written = alone
    .toString({ lineWidth: 0 })
    .trimEnd()
    .replace(/\[ ([^[\]]*) \]/g, "[$1]");
  const block = written.replaceAll("\n", `\n${indent}`);
  return text.slice(0, start) + block + (pair === undefined ? `\n${indent}` : "") + text.slice(end);
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((one) => isScalar(one.key) && one.key.value === key);
}

function rangeOf(node: unknown): readonly [start: number, valueEnd: number, end: number] {
  if (!isNode(node) || !node.range) throw new Error("the stack file has no text for a key of it");
  return node.range;
}
