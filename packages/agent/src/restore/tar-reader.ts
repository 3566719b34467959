import { readSync } from "node:fs";
import { RestoreError } from "./restore-error.ts";
import { blockBytes, decodeHeader, decodePax, readText, type TarHeader } from "./tar-header.ts";

/** Who takes what is in an archive. Called in its order; nothing of it may be kept after the call. */
export interface EntrySink {
  /** A new entry. */
  entry(header: TarHeader): void;
  /** Some of the content of the file that was named last. */
  content(bytes: Buffer): void;
  /** All of its content was given. */
  end(): void;
}

/** Names and keywords longer than that are an attack on the memory. */
const mostHeaderBytes = 2 ** 20;
const bufferBytes = 2 ** 20;

/**
 * Reads an archive from a file descriptor to its end, blocking: for a thread of its own. Streams of small pieces, each of which
 * passes the event loop, take three times as long.
 * @throws {@link RestoreError} permanent
 */
export function readTar(descriptor: number, sink: EntrySink): void {
  const input = new BlockingInput(descriptor);
  let global: Readonly<Record<string, string>> = {};
  let local: Readonly<Record<string, string>> = {};
  let names: { readonly name?: string; readonly linkname?: string } = {};
  for (;;) {
    const block = input.take(blockBytes);
    const header = block === undefined ? undefined : decodeHeader(block);
    if (header === undefined) break;
    switch (header.type) {
      case "pax-global-header":
        global = { ...global, ...decodePax(longContent(input, header)) };
        break;
      case "pax-header":
        local = decodePax(longContent(input, header));
        break;
      case "gnu-long-path":
        names = { ...names, name: readText(longContent(input, header)) };
        break;
      case "gnu-long-link-path":
        names = { ...names, linkname: readText(longContent(input, header)) };
        break;
      default:
        place(input, sink, extend({ ...header, ...names }, { ...global, ...local }));
        [local, names] = [{}, {}];
    }
  }
  input.expectZerosToTheEnd();
}

function extend(header: TarHeader, pax: Readonly<Record<string, string>>): TarHeader {
  const bytes = pax["size"] === undefined ? header.bytes : Number(pax["size"]);
  if (!Number.isSafeInteger(bytes) || bytes < 0)
    throw new RestoreError("permanent", "the archive cannot be unpacked: an extended header has no size");
  return { ...header, name: pax["path"] ?? header.name, linkname: pax["linkpath"] ?? header.linkname, bytes, pax };
}

function place(input: BlockingInput, sink: EntrySink, header: TarHeader): void {
  sink.entry(header);
  // Links and directories have no content, whatever their header says; a writer that gives them a size does not write it either.
  if (header.type !== "file") return;
  input.pass(header.bytes, (bytes) => {
    sink.content(bytes);
  });
  sink.end();
}

function longContent(input: BlockingInput, { bytes }: TarHeader): Buffer {
  if (bytes > mostHeaderBytes) throw new RestoreError("permanent", `hostile archive: a header of ${bytes} bytes`);
  const pieces: Buffer[] = [];
  input.pass(bytes, (piece) => pieces.push(Buffer.from(piece)));
  return Buffer.concat(pieces);
}

class BlockingInput {
  readonly #descriptor: number;
  readonly #buffer = Buffer.allocUnsafeSlow(bufferBytes);
  #start = 0;
  #end = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** The next bytes; undefined at the end of the input. @throws where it ends in the middle of them */
  take(bytes: number): Buffer | undefined {
    while (this.#end - this.#start < bytes) {
      if (this.#fill()) continue;
      if (this.#end === this.#start) return undefined;
      throw new RestoreError("permanent", "the archive cannot be unpacked: it ends too early");
    }
    this.#start += bytes;
    return this.#buffer.subarray(this.#start - bytes, this.#start);
  }

  /** Gives `bytes` bytes to `consume`, in as large pieces as they come, and skips the padding. */
  pass(bytes: number, consume: (piece: Buffer) => void): void {
    for (let left = bytes; left > 0;) {
      if (this.#start === this.#end && !this.#fill())
        throw new RestoreError("permanent", "the archive cannot be unpacked: it ends too early");
      const piece = this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + left));
      this.#start += piece.length;
      left -= piece.length;
      consume(piece);
    }
    const padding = (blockBytes - (bytes % blockBytes)) % blockBytes;
    if (padding > 0) this.take(padding);
  }

  expectZerosToTheEnd(): void {
    do {
      if (this.#buffer.subarray(this.#start, this.#end).some((byte) => byte !== 0)) {
        throw new RestoreError("permanent", "the archive cannot be unpacked: something follows its end");
      }
      this.#start = this.#end;
    } while (this.#fill());
  }

  #fill(): boolean {
    // Moves at most a piece of a header.
    if (this.#start === this.#end) this.#start = this.#end = 0;
    else if (this.#end === this.#buffer.length) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      [this.#start, this.#end] = [0, this.#end - this.#start];
    }
    const read = readSync(this.#descriptor, this.#buffer, this.#end, this.#buffer.length - this.#end, null);
    this.#end += read;
    return read > 0;
  }
}
