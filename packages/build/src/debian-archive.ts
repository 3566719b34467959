import { open, type FileHandle } from "node:fs/promises";
import { archiveRefused } from "./archive-rules.ts";

/** Bytes of a file that are a file themselves. */
export interface Part {
  readonly file: string;
  /** Its name, whose ending says the format. */
  readonly name: string;
  /** First byte, and the last one. @default - the whole file */
  readonly range?: { readonly start: number; readonly end: number };
}

const magic = "!<arch>\n";
const headerBytes = 60;

/**
 * The files of a Debian package: the member `data.tar.*` of an `ar` archive, which is a list of plain headers and contents.
 * @throws {@link BuildError} `ArchiveRefused`
 */
export async function debianData(file: string, fileName: string): Promise<Part> {
  const handle = await open(file);
  try {
    if ((await readText(handle, 0, magic.length)) !== magic) throw archiveRefused(fileName, "no Debian package");
    for (let at = magic.length; ;) {
      const header = await readText(handle, at, headerBytes);
      const [, name = "", size = ""] = /^([\w.-]+)\/? *\d+ +\d+ +\d+ +\d+ +(\d+) *`\n$/.exec(header) ?? [];
      if (name === "" || !Number.isSafeInteger(Number(size))) throw archiveRefused(fileName, "damaged: no data.tar where one must be");
      const start = at + headerBytes;
      if (name.startsWith("data.tar")) return { file, name, range: { start, end: start + Number(size) - 1 } };
      // Members begin at even places.
      at = start + Number(size) + (Number(size) % 2);
    }
  } finally {
    await handle.close();
  }
}

async function readText(handle: FileHandle, position: number, length: number): Promise<string> {
  const { bytesRead, buffer } = await handle.read({ buffer: Buffer.alloc(length), position });
  return buffer.toString("latin1", 0, bytesRead);
}
