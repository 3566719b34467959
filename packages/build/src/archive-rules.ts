import type { Binaries } from "@coinfleet/sdk";
import { BuildError } from "./build-error.ts";

/** How much an archive may unfold to. */
export interface UnpackLimits {
  /** @default 100000 */
  readonly maxEntries: number;
  /** All entries together, also those that are skipped, bytes. @default 16 GiB */
  readonly maxBytes: number;
}

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

/** The wanted paths of an archive → names of the binaries. @throws when a name is more than a file name */
export function wantedPaths(binaries: Binaries, version: string, where: string): Map<string, string> {
  const wanted = new Map<string, string>();
  for (const [name, path] of Object.entries(binaries)) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw archiveRefused(where, `binary name ${JSON.stringify(name)}`);
    wanted.set(safePath(where, path.replaceAll("{version}", version)), name);
  }
  return wanted;
}
