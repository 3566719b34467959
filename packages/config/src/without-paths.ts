import type { z } from "zod";
import { valueAt } from "./value-at.ts";

/** A copy of parsed YAML without what zod complained of. What misses a key that it must have is left out as a whole. */
export function withoutPaths(raw: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const copy: unknown = structuredClone(raw);
  for (const issue of issues) {
    const bad = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    for (const path of bad) remove(copy, valueAt(raw, path) === undefined ? path.slice(0, -1) : path);
  }
  return copy;
}

function remove(root: unknown, path: readonly PropertyKey[]): void {
  const last = path.at(-1);
  if (last === undefined) return;
  const parent = valueAt(root, path.slice(0, -1));
  // Indexes would shift while several are taken from one list, so the list goes as a whole.
  if (Array.isArray(parent)) return remove(root, path.slice(0, -1));
  if (typeof parent === "object" && parent !== null) Reflect.deleteProperty(parent, last);
}
