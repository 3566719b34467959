import type { Binaries, Folders } from "@coinfleet/sdk";
import type { WriteStream } from "node:fs";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BuildError } from "./build-error.ts";

/** How much an archive may unfold to. */
export interface UnpackLimits {
  /** @default 100000 */
  readonly maxEntries: number;
  /** All entries together, also those that are skipped, bytes. @default 16 GiB */
  readonly maxBytes: number;
}

/** Folder of whole folders, beside the binaries. */
export const sharedFolder = "share";

export const defaultUnpackLimits: UnpackLimits = { maxEntries: 100_000, maxBytes: 16 * 1024 ** 3 };

export function archiveRefused(archive: string, got: string): BuildError {
  return new BuildError("ArchiveRefused", {
    title: "Archive refused.",
    where: archive,
    got,
    allowed: "regular files and folders with plain relative paths",
    fix: "Look at the archive by hand. An upstream project that ships this needs another release source.",
  });
}

/** Path of an entry without `./` in front. @throws when it could leave the folder */
export function safePath(archive: string, name: string): string {
  if (name.startsWith("/") || name.includes("\\") || name.includes("\0") || /^[A-Za-z]:/.test(name))
    throw archiveRefused(archive, `absolute or malformed path ${JSON.stringify(name)}`);
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw archiveRefused(archive, `path with ".." ${JSON.stringify(name)}`);
  return parts.join("/");
}

/** Opens a new file below a folder. @throws when it is there already */
export async function createInto(folder: string, name: string): Promise<WriteStream> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  return createWriteStream(file, { mode: 0o755, flags: "wx" });
}

/** What to take out of an archive. */
export interface Wanted {
  /** Where a path of the archive goes below the destination. Undefined: it is not wanted. */
  nameOf(path: string): string | undefined;
  /** Paths that should have been there, after everything has been read. */
  missing(found: ReadonlySet<string>): readonly string[];
}

/** Names and folders of an archive that are wanted. @throws when a name is more than a file name */
export function wantedPaths(binaries: Binaries, folders: Folders, version: string, where: string): Wanted {
  const paths = (entries: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
    new Map(
      Object.entries(entries).map(([name, path]) => {
        if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw archiveRefused(where, `name ${JSON.stringify(name)}`);
        return [safePath(where, path.replaceAll("{version}", version).replaceAll("{file}", where)), name];
      }),
    );
  const files = paths(binaries);
  const trees = [...paths(folders)].map(([path, name]) => ({ path, from: `${path}/`, to: `${sharedFolder}/${name}/` }));
  return {
    nameOf(path) {
      const tree = trees.find(({ from }) => path.startsWith(from));
      return files.get(path) ?? (tree === undefined ? undefined : `${tree.to}${path.slice(tree.from.length)}`);
    },
    missing(found) {
      const lost = trees.filter(({ to }) => ![...found].some((name) => name.startsWith(to)));
      return [...[...files].filter(([, name]) => !found.has(name)).map(([path]) => path), ...lost.map(({ path }) => path)];
    },
  };
}
