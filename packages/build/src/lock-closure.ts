import { z } from "zod";

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      integrity: z.string().optional(),
      resolved: z.string().optional(),
      link: z.boolean().optional(),
      dependencies: z.record(z.string(), z.string()).optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

type Lock = z.infer<typeof lockSchema>;

/** The lock's key of a dependency as Node finds it from a package's folder: the nearest `node_modules` upward. */
function locate(lock: Lock, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    const key = folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    const entry = lock.packages[key];
    if (entry?.link === true && entry.resolved !== undefined) return entry.resolved;
    if (entry !== undefined) return key;
    if (folder === "") return undefined;
  }
}

/** The version that the lock file pins for a package of the root, installed here or not: a preview for Graviton runs on any machine. */
export function lockedVersion(lockText: string, name: string): string | undefined {
  return lockSchema.parse(JSON.parse(lockText)).packages[`node_modules/${name}`]?.version;
}

/**
 * Every outside package that these workspaces need, with its version and digest, as the lock file pins them. It changes when what is
 * installed for them changes, and not when another workspace gets a new dependency.
 */
export function lockClosure(lockText: string, workspaces: readonly string[]): readonly string[] {
  const lock = lockSchema.parse(JSON.parse(lockText));
  const seen = new Set<string>();
  const waiting = [...workspaces];
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    if (seen.has(key)) continue;
    seen.add(key);
    const entry = lock.packages[key];
    for (const name of Object.keys({ ...entry?.dependencies, ...entry?.optionalDependencies })) {
      const found = locate(lock, key, name);
      if (found !== undefined) waiting.push(found);
    }
  }
  return [...seen]
    .filter((key) => key.includes("node_modules/"))
    .map((key) => `${key.replace(/^.*node_modules\//, "")}@${lock.packages[key]?.version ?? "?"} ${lock.packages[key]?.integrity ?? ""}`)
    .sort();
}
