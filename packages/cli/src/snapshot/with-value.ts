import { parseDocument } from "yaml";

/**
 * A YAML text with one value set, and every other line as it was: comments, quotes and spaces of a file that people write are theirs.
 * The library keeps all of that but the spaces in brackets, so only the lines that it changes are taken from it.
 */
export function withValue(text: string, path: readonly string[], value: string): string {
  const document = parseDocument(text);
  const render = (): string[] => document.toString({ lineWidth: 0 }).split("\n");
  const [lines, before] = [text.split("\n"), render()];
  if (lines.length !== before.length) throw new Error("the file's lines would not stay as they are");
  document.setIn(path, value);
  const after = render();
  const first = after.findIndex((line, index) => line !== before[index]);
  if (first === -1) return text;
  let [endBefore, endAfter] = [before.length, after.length];
  while (endBefore > first && endAfter > first && before[endBefore - 1] === after[endAfter - 1])
    [endBefore, endAfter] = [endBefore - 1, endAfter - 1];
  const changed = after.slice(first, endAfter).map((line) => line.replace(/\[ ([^[\]]*) \]/g, "[$1]"));
  return [...lines.slice(0, first), ...changed, ...lines.slice(endBefore)].join("\n");
}
