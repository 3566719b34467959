import { lstat, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { RestoreError } from "./restore-error.ts";

/**
 * Moves everything below `source` to its place below `target`. May be killed at any moment and called again: what has been moved is no longer
 * in the source. Never through a link.
 * @throws {@link RestoreError} permanent where both have a file of the same name
 */
export async function mergeInto(source: string, target: string): Promise<void> {
  for (const name of await readdir(source)) {
    const [from, to] = [join(source, name), join(target, name)];
    const there = await lstat(to).catch(() => undefined);
    if (there === undefined) {
      await rename(from, to);
      continue;
    }
    if (!there.isDirectory() || !(await lstat(from)).isDirectory()) {
      throw new RestoreError("permanent", `hostile archive: two of its parts name ${JSON.stringify(name)}`);
    }
    await mergeInto(from, to);
  }
}
