import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import type { Header } from "tar-stream";
import { pack } from "tar-stream";

/** An entry of an archive made for a test: a header, and what is in it for files. */
export type TestEntry = readonly [Partial<Header> & { readonly name: string }, (string | Buffer)?];

/** A tar archive with exactly these entries, however hostile. */
export async function makeTar(entries: readonly TestEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const [header, content = ""] of entries) archive.entry(header, content);
  archive.finalize();
  return buffer(archive);
}

/** An `ar` archive, as Debian packages are. */
export function makeAr(members: readonly (readonly [name: string, content: Buffer])[]): Buffer {
  const parts = members.flatMap(([name, content]) => [
    Buffer.from(
      `${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${String(content.length).padEnd(10)}\`\n`,
    ),
    content,
    Buffer.alloc(content.length % 2, "\n"),
  ]);
  return Buffer.concat([Buffer.from("!<arch>\n"), ...parts]);
}

export async function makeTarGz(entries: readonly TestEntry[]): Promise<Buffer> {
  return gzipSync(await makeTar(entries));
}
