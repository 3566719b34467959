import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

/** A short digest of files' names and contents, in a fixed order. Folders are read through. */
export async function digestOf(paths: readonly string[], salt = ""): Promise<string> {
  const hash = createHash("sha256").update(salt);
  for (const path of paths) await addTo(hash, path, "");
  return hash.digest("hex").slice(0, 12);
}

async function addTo(hash: ReturnType<typeof createHash>, path: string, name: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (entries === undefined) {
    hash
      .update(`${name}\0`)
      .update(await readFile(path))
      .update("\0");
    return;
  }
  for (const entry of entries.map((each) => each.name).sort()) await addTo(hash, join(path, entry), `${name}/${entry}`);
}
