import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { constants, createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from "node:zlib";
import type { ArchiveFormat } from "@coinfleet/sdk";
import { Placer } from "./placer.ts";
import { RestoreError } from "./restore-error.ts";
import { TarReader } from "./tar-reader.ts";

/** What makes a tar archive of the bytes of a packed one. */
interface Unpacker {
  /** Resolves when the piece's memory may be used again. */
  write(piece: Buffer): Promise<void>;
  /** Resolves when everything has come out. */
  end(): Promise<void>;
  close(): void;
}

/** The piece's memory is not the taker's after that. */
type Take = (piece: Buffer) => void;
type Engine = Gunzip | ZstdDecompress;

const chunkSize = 256 * 1024;
const mostWindow = 27; // 128 MiB

// Node has neither xz nor lz4.
const unpackers: Readonly<Record<ArchiveFormat, (take: Take) => Unpacker>> = {
  tar: (take) => ({ write: async (piece) => Promise.resolve(take(piece)), end: () => Promise.resolve(), close: () => undefined }),
  "tar.gz": (take) => new Frames(() => createGunzip({ chunkSize }), take),
  "tar.zst": (take) => new Frames(() => createZstdDecompress({ chunkSize, params: { [constants.ZSTD_d_windowLogMax]: mostWindow } }), take),
  "tar.xz": (take) => new Program(["xz", "--decompress", "--stdout", "--memlimit-decompress=128MiB"], take),
  "tar.lz4": (take) => new Program(["lz4", "-dcq"], take),
};

/**
 * Unpacks the bytes of an archive into an empty directory while they come. Nothing is kept on the way.
 * @throws {@link RestoreError}
 */
export async function unpack(bytes: AsyncIterable<Buffer>, format: ArchiveFormat, directory: string): Promise<void> {
  const tar = new TarReader(new Placer(directory));
  const unpacker = unpackers[format]((piece) => {
    tar.push(piece);
  });
  let writing = Promise.resolve();
  try {
    for await (const piece of bytes) {
      // One piece is unpacked while the next one is hashed, and none is still to be when its buffer is used again.
      await writing;
      writing = unpacker.write(piece).catch(refuse);
      // Whoever comes to it sees the error; until then it must not end the process.
      writing.catch(() => undefined);
    }
    await writing;
    await unpacker.end().catch(refuse);
    tar.end();
  } finally {
    unpacker.close();
  }
}

/** @throws {@link RestoreError} */
function refuse(error: unknown): never {
  if (error instanceof RestoreError) throw error;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") throw new RestoreError("permanent", "the data volume is full");
  const why = error instanceof Error ? error.message : String(error);
  throw new RestoreError("permanent", `the archive cannot be unpacked: ${why}`, { cause: error });
}

/** What one step of a stream comes to. A promise that lives as long as the stream would keep something of every step that was raced against it. */
class Steps {
  #failure: Error | undefined;
  #settle: (error?: Error | null) => void = () => undefined;

  /** Resolves when `begin` or the stream says that the step is done. @throws what either of them failed with, also before */
  async run(begin: (settle: (error?: Error | null) => void) => void): Promise<void> {
    this.#throwFailure();
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error | null): void => {
        if (error == null) resolve();
        else reject(error);
      };
      this.#settle = settle;
      begin(settle);
    });
    // What came out last may have been taken, and refused, after the step was said to be done.
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  readonly finish = (): void => {
    this.#settle();
  };

  readonly fail = (error: unknown): void => {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    this.#settle(this.#failure);
  };
}

/** A format that Node knows. It may be of several frames, each complete in itself: Node's zstd ends after one. */
class Frames implements Unpacker {
  readonly #newEngine: () => Engine;
  readonly #take: Take;
  readonly #steps = new Steps();
  #engine: Engine | undefined;

  constructor(newEngine: () => Engine, take: Take) {
    this.#newEngine = newEngine;
    this.#take = take;
  }

  async write(piece: Buffer): Promise<void> {
    for (let left = piece; left.length > 0;) left = left.subarray(await this.#writeFrame(left));
  }

  async end(): Promise<void> {
    const engine = this.#engine;
    if (engine !== undefined)
      await this.#steps.run(() => {
        engine.end();
      });
  }

  close(): void {
    this.#engine?.destroy();
    this.#engine = undefined;
  }

  /** Writes as much as belongs to the frame. @returns how many bytes that was */
  async #writeFrame(piece: Buffer): Promise<number> {
    const engine = (this.#engine ??= this.#begin());
    const before = engine.bytesWritten;
    await this.#steps.run((settle) => {
      engine.write(piece, settle);
    });
    const taken = engine.bytesWritten - before;
    // The rest is another frame's.
    if (taken < piece.length) this.close();
    if (taken === 0) throw new Error("nothing of it can be read");
    return taken;
  }

  #begin(): Engine {
    const engine = this.#newEngine();
    engine.on("end", () => {
      if (this.#engine === engine) this.#steps.finish();
    });
    engine.on("error", this.#steps.fail);
    engine.on("data", (piece: Buffer) => {
      // After this event the engine begins the next piece in a thread of its own, and this one is written meanwhile.
      queueMicrotask(() => {
        try {
          this.#take(piece);
        } catch (error) {
          this.#steps.fail(error);
          engine.destroy();
        }
        free(piece);
      });
    });
    return engine;
  }
}

/** Gives memory back that the engine has filled. Collecting it as garbage takes a fifth of a restore, and twice the memory. */
function free({ buffer, byteOffset, length }: Buffer): void {
  if (buffer instanceof ArrayBuffer && byteOffset + length === buffer.byteLength) buffer.transfer(0);
}

/** A format that takes a program. */
class Program implements Unpacker {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #steps = new Steps();
  #complaint = "";
  #isOver = false;

  constructor([command, ...parameters]: readonly [string, ...string[]], take: Take) {
    const child = spawn(command, parameters, { env: { PATH: process.env["PATH"] ?? "" } });
    this.#child = child;
    child.stderr.on("data", (chunk: Buffer) => {
      this.#complaint = (this.#complaint + chunk.toString()).slice(-500);
    });
    child.stdout.on("data", (piece: Buffer) => {
      try {
        take(piece);
      } catch (error) {
        this.#steps.fail(error);
        child.kill("SIGKILL");
      }
    });
    child.stdin.on("error", () => undefined);
    child.on("error", (cause) => {
      this.#steps.fail(new RestoreError("permanent", `${command} cannot be started: ${cause.message}`, { cause }));
    });
    child.on("close", (code, signal) => {
      const why = this.#complaint.trim() || (signal ?? `code ${code ?? "unknown"}`);
      this.#isOver = true;
      if (code === 0) this.#steps.finish();
      else this.#steps.fail(new RestoreError("permanent", `${command} refuses the archive: ${why}`));
    });
  }

  async write(piece: Buffer): Promise<void> {
    await this.#steps.run((settle) => {
      // Where this fails, the end of the program says why.
      this.#child.stdin.write(piece, () => {
        settle();
      });
    });
  }

  async end(): Promise<void> {
    await this.#steps.run((settle) => {
      if (this.#isOver) settle();
      else this.#child.stdin.end();
    });
  }

  close(): void {
    this.#child.kill("SIGKILL");
  }
}
