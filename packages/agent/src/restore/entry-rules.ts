import type { Header } from "tar-stream";
import { RestoreError } from "./restore-error.ts";

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
export function checkEntry(header: Header): SafeEntry {
  const path = safePath(header.name, header.name);
  if (header.pax !== undefined && header.pax !== null && Object.keys(header.pax).some((key) => key.startsWith("GNU.sparse"))) {
    throw refused(header.name, "it is a sparse file");
  }
  switch (header.type) {
    case "directory":
      return path === "" ? { kind: "nothing" } : { kind: "directory", path };
    case "file":
    case "contiguous-file":
      return { kind: "file", path: named(path, header.name), bytes: header.size ?? 0 };
    case "symlink": {
      const target = header.linkname ?? "";
      // No ".." at all: another link on the way could turn one that looks harmless into a way out.
      safePath(target, header.name);
      return { kind: "symlink", path: named(path, header.name), target };
    }
    case "link":
      return { kind: "hardlink", path: named(path, header.name), target: named(safePath(header.linkname ?? "", header.name), header.name) };
    default:
      throw refused(header.name, `it is a ${header.type ?? "thing of an unknown kind"}`);
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
