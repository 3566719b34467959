import type { z } from "zod";

/** A copy of parsed YAML without what zod complained of. What then misses a key that it must have is left out as a whole. */
export function withoutPaths(raw: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const copy: unknown = structuredClone(raw);
  for (const issue of issues) {
    const bad = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    for (const path of bad) remove(copy, path);
  }
  return copy;
}

/** Groups need these, so a group that loses one goes. */
const needed: readonly PropertyKey[] = ["network"];

function remove(root: unknown, path: readonly PropertyKey[]): void {
  const last = path.at(-1);
  if (last === undefined) return;
  const [section, group] = path;
  if (section === "nodes" && path.length === 3 && needed.includes(last) && group !== undefined) return remove(root, [section, group]);
  const parent = path.slice(0, -1).reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined), root);
  // Indexes would shift while several are taken from one list, so the list goes as a whole.
  if (Array.isArray(parent)) return remove(root, path.slice(0, -1));
  if (typeof parent === "object" && parent !== null) Reflect.deleteProperty(parent, last);
}
