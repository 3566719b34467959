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

/** Something that waits for bytes where it yields. */
type Waiting<T> = Generator<undefined, T>;

/** Reads an archive that is given piece by piece, and gives its entries on at once. Every method throws {@link RestoreError} permanent. */
export class TarReader {
  readonly #input = new TarInput();
  readonly #reading: Waiting<void>;

  constructor(sink: EntrySink) {
    this.#reading = readEntries(this.#input, sink);
    this.#reading.next();
  }

  /** More of the archive. The memory of `bytes` may be used again afterwards. */
  push(bytes: Buffer): void {
    this.#input.give(bytes);
    this.#reading.next();
  }

  /** There is no more of it. @throws when it ends too early */
  end(): void {
    this.#input.end();
    this.#reading.next();
  }
}

function* readEntries(input: TarInput, sink: EntrySink): Waiting<void> {
  let global: Readonly<Record<string, string>> = {};
  let local: Readonly<Record<string, string>> = {};
  let names: { readonly name?: string; readonly linkname?: string } = {};
  for (;;) {
    const block = yield* input.take(blockBytes);
    const header = block === undefined ? undefined : decodeHeader(block);
    if (header === undefined) break;
    switch (header.type) {
      case "pax-global-header":
        global = { ...global, ...decodePax(yield* longContent(input, header)) };
        break;
      case "pax-header":
        local = decodePax(yield* longContent(input, header));
        break;
      case "gnu-long-path":
        names = { ...names, name: readText(yield* longContent(input, header)) };
        break;
      case "gnu-long-link-path":
        names = { ...names, linkname: readText(yield* longContent(input, header)) };
        break;
      default:
        yield* place(input, sink, extend({ ...header, ...names }, { ...global, ...local }));
        [local, names] = [{}, {}];
    }
  }
  yield* input.expectZerosToTheEnd();
}

function extend(header: TarHeader, pax: Readonly<Record<string, string>>): TarHeader {
  const bytes = pax["size"] === undefined ? header.bytes : Number(pax["size"]);
  if (!Number.isSafeInteger(bytes) || bytes < 0)
    throw new RestoreError("permanent", "the archive cannot be unpacked: an extended header has no size");
  return { ...header, name: pax["path"] ?? header.name, linkname: pax["linkpath"] ?? header.linkname, bytes, pax };
}

function* place(input: TarInput, sink: EntrySink, header: TarHeader): Waiting<void> {
  sink.entry(header);
  // Links and directories have no content, whatever their header says; a writer that gives them a size does not write it either.
  if (header.type !== "file") return;
  yield* input.pass(header.bytes, (bytes) => {
    sink.content(bytes);
  });
  sink.end();
}

function* longContent(input: TarInput, { bytes }: TarHeader): Waiting<Buffer> {
  if (bytes > mostHeaderBytes) throw new RestoreError("permanent", `hostile archive: a header of ${bytes} bytes`);
  const pieces: Buffer[] = [];
  yield* input.pass(bytes, (piece) => pieces.push(Buffer.from(piece)));
  return Buffer.concat(pieces);
}

class TarInput {
  #bytes: Buffer = Buffer.alloc(0);
  #isOver = false;

  /** Called when all that was given before has been read. */
  give(bytes: Buffer): void {
    this.#bytes = bytes;
  }

  end(): void {
    this.#isOver = true;
  }

  /** The next bytes; undefined at the end of the input. @throws where it ends in the middle of them */
  *take(bytes: number): Waiting<Buffer | undefined> {
    let taken = this.#cut(bytes);
    while (taken.length < bytes) {
      // Copied, since its memory is somebody else's while this waits.
      taken = Buffer.from(taken);
      if (yield* this.#fill()) taken = Buffer.concat([taken, this.#cut(bytes - taken.length)]);
      else if (taken.length === 0) return undefined;
      else throw tooEarly();
    }
    return taken;
  }

  /** Gives `bytes` bytes to `consume`, in as large pieces as they come, and skips the padding. */
  *pass(bytes: number, consume: (piece: Buffer) => void): Waiting<void> {
    for (let left = bytes; left > 0;) {
      if (!(yield* this.#fill())) throw tooEarly();
      const piece = this.#cut(left);
      left -= piece.length;
      consume(piece);
    }
    const padding = (blockBytes - (bytes % blockBytes)) % blockBytes;
    if (padding > 0) yield* this.take(padding);
  }

  *expectZerosToTheEnd(): Waiting<void> {
    while (yield* this.#fill())
      if (this.#cut(this.#bytes.length).some((byte) => byte !== 0))
        throw new RestoreError("permanent", "the archive cannot be unpacked: something follows its end");
  }

  #cut(most: number): Buffer {
    const piece = this.#bytes.subarray(0, most);
    this.#bytes = this.#bytes.subarray(piece.length);
    return piece;
  }

  /** Waits until there is something to read. @returns false at the end */
  *#fill(): Waiting<boolean> {
    while (this.#bytes.length === 0 && !this.#isOver) yield;
    return this.#bytes.length > 0;
  }
}

const tooEarly = (): RestoreError => new RestoreError("permanent", "the archive cannot be unpacked: it ends too early");
