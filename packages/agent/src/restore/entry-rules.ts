import { RestoreError } from "./restore-error.ts";
import type { TarHeader } from "./tar-header.ts";

/** Names that the restore itself uses at the top of the data directory. */
const reservedPrefix = ".coinfleet";

/** What to make of an entry of an archive. Paths are relative, without `.` and `..`. */
export type SafeEntry =
  | { readonly kind: "directory"; readonly path: string }
  | { readonly kind: "file"; readonly path: string; readonly bytes: number }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string }
  | { readonly kind: "hardlink"; readonly path: string; readonly target: string }
  /** The archive's own root. */
  | { readonly kind: "nothing" };

/**
 * Checks an entry. The digest proves only that the archive is the one that was pinned, not that whoever made it meant well.
 * @throws {@link RestoreError} permanent
 */
export function checkEntry({ name, type, bytes, linkname, pax }: TarHeader): SafeEntry {
  const path = safePath(name, name);
  if (Object.keys(pax).some((key) => key.startsWith("GNU.sparse"))) throw refused(name, "it is a sparse file");
  switch (type) {
    case "directory":
      return path === "" ? { kind: "nothing" } : { kind: "directory", path };
    case "file":
      return { kind: "file", path: named(path, name), bytes };
    case "symlink":
      // No ".." at all: another link on the way could turn one that looks harmless into a way out.
      safePath(linkname, name);
      return { kind: "symlink", path: named(path, name), target: linkname };
    case "link":
      return { kind: "hardlink", path: named(path, name), target: named(safePath(linkname, name), name) };
    default:
      throw refused(name, `it is a ${type}`);
  }
}

function safePath(text: string, entry: string): string {
  if (text.startsWith("/")) throw refused(entry, `"${text}" is absolute`);
  if (text.includes("\0")) throw refused(entry, "its name holds a zero byte");
  const parts = text.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw refused(entry, `"${text}" leads out of the directory`);
  if (parts[0]?.startsWith(reservedPrefix) === true) throw refused(entry, `names that start with "${reservedPrefix}" are ours`);
  return parts.join("/");
}

function named(path: string, entry: string): string {
  if (path === "") throw refused(entry, "it has no name");
  return path;
}

function refused(entry: string, why: string): RestoreError {
  return new RestoreError("permanent", `hostile archive, entry ${JSON.stringify(entry.slice(0, 200))}: ${why}`);
}
