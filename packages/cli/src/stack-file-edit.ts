import { Document, isMap, isNode, isScalar, parseDocument, type Pair, type YAMLMap } from "yaml";

/** What becomes of a key of `coinfleet:fleet`. */
export interface FleetEdit {
  /** Values that it gets, by name. */
  readonly set: Readonly<Record<string, unknown>>;
  /** Names below it that go. @default - none */
  readonly remove?: readonly string[];
}

/**
 * Changes one map of a stack file's fleet, which is then written an entry a line. Every other line stays as it is, whatever its form: only the text of this
 * key is replaced. A key that is not there is put before `nodes`.
 */
export function editFleet(text: string, key: string, { set, remove = [] }: FleetEdit): string {
  const document = parseDocument(text);
  const fleet = document.getIn(["config", "coinfleet:fleet"]);
  if (!isMap(fleet)) throw new Error("the stack file has no coinfleet:fleet");
  const pair = pairOf(fleet, key);
  const place = pair ?? pairOf(fleet, "nodes");
  const [start] = rangeOf(place?.key);
  // A block's range goes on to the next line.
  const end = pair === undefined ? undefined : text.slice(0, rangeOf(pair.value)[1]).trimEnd().length;
  const indent = " ".repeat(start - (text.lastIndexOf("\n", start - 1) + 1));
  const value = pair !== undefined && isMap(pair.value) ? pair.value : document.createNode({});
  for (const name of remove) value.delete(name);
  for (const [name, one] of Object.entries(set)) value.set(name, document.createNode(one));
  value.flow = false;
  const alone = new Document({});
  alone.set(key, value);
  const block = alone.toString({ lineWidth: 0 }).trimEnd().replaceAll("\n", `\n${indent}`);
  return text.slice(0, start) + block + (end === undefined ? `\n${indent}${text.slice(start)}` : text.slice(end));
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((one) => isScalar(one.key) && one.key.value === key);
}

function rangeOf(node: unknown): readonly [start: number, end: number] {
  if (!isNode(node) || !node.range) throw new Error("the stack file has no text for a key of it");
  return [node.range[0], node.range[1]];
}
