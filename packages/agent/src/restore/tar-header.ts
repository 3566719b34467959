import { RestoreError } from "./restore-error.ts";

/** Bytes of a header, and the unit that contents are padded to. */
export const blockBytes = 512;

/** What an entry of an archive is. */
type EntryType = "file" | "directory" | "symlink" | "link" | "pax-header" | "pax-global-header" | "gnu-long-path" | "gnu-long-link-path";

/** What one header says, after the longer names that came before it. */
export interface TarHeader {
  readonly name: string;
  /** A type that is none of ours, in words for the error. */
  readonly type: EntryType | `thing of type ${string}`;
  readonly bytes: number;
  readonly linkname: string;
  /** Keywords of extended headers. */
  readonly pax: Readonly<Record<string, string>>;
}

const types: Readonly<Record<string, EntryType>> = {
  "\0": "file",
  "0": "file",
  "1": "link",
  "2": "symlink",
  "5": "directory",
  "7": "file",
  x: "pax-header",
  g: "pax-global-header",
  L: "gnu-long-path",
  K: "gnu-long-link-path",
};

/** Reads a header of the ustar, GNU or pax format. Undefined: a block of zeros, which ends the archive. @throws {@link RestoreError} permanent */
export function decodeHeader(block: Buffer): TarHeader | undefined {
  const sum = block.reduce((total, byte) => total + byte, 0);
  if (sum === 0) return undefined;
  const stored = readNumber(block.subarray(148, 156));
  // The checksum is that of the header with eight spaces in its place.
  if (stored !== sum - block.subarray(148, 156).reduce((total, byte) => total + byte, 0) + 8 * 32)
    throw malformed("a header's checksum is wrong");
  const isUstar = block.toString("latin1", 257, 263) === "ustar\0";
  const prefix = isUstar ? readText(block.subarray(345, 500)) : "";
  const base = readText(block.subarray(0, 100));
  const name = prefix === "" ? base : `${prefix}/${base}`;
  const flag = block.toString("latin1", 156, 157);
  const type = types[flag] ?? (`thing of type ${JSON.stringify(flag)}` as const);
  return {
    name,
    // Before ustar a directory was a file with a slash at its end.
    type: type === "file" && name.endsWith("/") ? "directory" : type,
    bytes: readNumber(block.subarray(124, 136)),
    linkname: readText(block.subarray(157, 257)),
    pax: {},
  };
}

/** Keywords of a pax header: `<length> <key>=<value>\n`, again and again. @throws {@link RestoreError} permanent */
export function decodePax(content: Buffer): Readonly<Record<string, string>> {
  const pairs: [string, string][] = [];
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(content.toString("latin1", at, space));
    const [, key, value] =
      /^([^=]+)=([^]*)\n$/.exec(Number.isSafeInteger(length) ? content.toString("utf8", space + 1, at + length) : "") ?? [];
    if (key === undefined || value === undefined || at + length > content.length) throw malformed("an extended header cannot be read");
    pairs.push([key, value]);
    at += length;
  }
  return Object.fromEntries(pairs);
}

/** Text of a long name: up to the first zero. */
export function readText(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}

/** Octal digits, or GNU's binary form for what does not fit. */
function readNumber(bytes: Buffer): number {
  const first = bytes[0] ?? 0;
  const value =
    (first & 0x80) === 0
      ? Number.parseInt(readText(bytes).trim() || "0", 8)
      : first === 0x80
        ? bytes.subarray(1).reduce((total, byte) => total * 256 + byte, 0)
        : Number.NaN;
  if (!Number.isSafeInteger(value) || value < 0) throw malformed("a number in a header cannot be read");
  return value;
}

function malformed(why: string): RestoreError {
  return new RestoreError("permanent", `the archive cannot be unpacked: ${why}`);
}
