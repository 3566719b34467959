import { execFile, spawn, type ChildProcess } from "node:child_process";
import { closeSync, constants, openSync, write } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ArchiveFormat } from "@coinfleet/sdk";
import { RestoreError } from "./restore-error.ts";
import { startUnpacking, type Unpacking } from "./unpack-worker.ts";

const writeTo = promisify(write);

// Node's own zstd ends after the first of several frames, of which pzstd writes many; it has neither xz nor lz4.
const programs = {
  tar: ["cat"],
  "tar.gz": ["gzip", "-dcq"],
  "tar.zst": ["zstd", "-dcq", "--memory=128MB"],
  "tar.xz": ["xz", "--decompress", "--stdout", "--memlimit-decompress=128MiB"],
  "tar.lz4": ["lz4", "-dcq"],
} as const satisfies Record<ArchiveFormat, readonly [string, ...string[]]>;

/**
 * Unpacks the bytes of an archive into an empty directory while they come: they go through the format's program and a pipe into a thread
 * that writes the files. Nothing is kept on the way.
 * @throws {@link RestoreError}
 */
export async function unpack(bytes: AsyncIterable<Buffer>, format: ArchiveFormat, directory: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "coinfleet-unpack-"));
  try {
    const [packed, unpacked] = [join(scratch, "packed"), join(scratch, "tar")];
    await promisify(execFile)("mkfifo", ["-m", "600", packed, unpacked]);
    // Open at both ends, so that neither side waits for the other to come.
    const ends = [openSync(packed, constants.O_RDWR), openSync(unpacked, constants.O_RDWR)] as const;
    const unpacking = startUnpacking(unpacked, directory);
    let program: Program;
    try {
      await unpacking.opened;
      program = new Program(programs[format], packed, ends[1]);
    } finally {
      // From here on each pipe has one end on each side: the end of the one side is seen by the other.
      for (const end of ends) closeSync(end);
    }
    await run(bytes, program, unpacking);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function run(bytes: AsyncIterable<Buffer>, program: Program, unpacking: Unpacking): Promise<void> {
  // Whichever fails first ends the others: the thread stops reading, the program cannot write, nobody takes the bytes.
  const fed = program.feed(bytes).catch((error: unknown) => {
    program.kill();
    throw error;
  });
  const placed = unpacking.done.catch((error: unknown) => {
    program.kill();
    throw error;
  });
  const ends = await Promise.allSettled([fed, program.exited, placed]);
  const errors = ends.flatMap((end): Error[] => {
    const reason: unknown = end.status === "rejected" ? end.reason : undefined;
    return reason instanceof Error ? [reason] : [];
  });
  // What the source says is the cause of all that follows. A program that refuses the archive cuts the thread's input short.
  const error = errors.find((one) => !(one instanceof Consequence)) ?? errors[0];
  if (error !== undefined) throw error;
}

/** A failure that only follows from another one. */
class Consequence extends Error {}

/** The program of a format between two pipes. Pipes and not a `stdio` of Node's, which is a socket: twice the copying. */
class Program {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #input: number;
  #complaint = "";
  #isKilled = false;
  /** @throws {@link RestoreError} permanent when the program refuses the archive */
  readonly exited: Promise<void>;

  constructor([command, ...parameters]: readonly [string, ...string[]], input: string, output: number) {
    this.#name = command;
    const reading = openSync(input, "r");
    // Not handed on to the program, which would wait for itself to close it.
    this.#input = openSync(input, "w");
    this.#child = spawn(command, parameters, { stdio: [reading, output, "pipe"], env: { PATH: process.env["PATH"] ?? "" } });
    closeSync(reading);
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#complaint = (this.#complaint + chunk.toString()).slice(-500);
    });
    this.exited = new Promise((resolve, reject) => {
      this.#child.on("error", (cause) => {
        reject(new RestoreError("permanent", `${command} cannot be started: ${cause.message}`, { cause }));
      });
      this.#child.on("close", (code, signal) => {
        if (code === 0) resolve();
        else reject(this.#exitError(code, signal));
      });
    });
    this.exited.catch(() => undefined);
  }

  /** Writes the bytes to the program. Ends quietly when the program reads no further: its exit says why. */
  async feed(bytes: AsyncIterable<Buffer>): Promise<void> {
    let writing: Promise<boolean> = Promise.resolve(true);
    try {
      for await (const piece of bytes) {
        // One piece is written while the next one is hashed, and none is still to be written when its buffer is used again.
        if (!(await writing)) return;
        writing = this.#write(piece);
      }
    } finally {
      await writing;
      closeSync(this.#input);
    }
  }

  async #write(piece: Buffer): Promise<boolean> {
    try {
      for (let at = 0; at < piece.length;) at += (await writeTo(this.#input, piece, at)).bytesWritten;
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EPIPE") return false;
      throw error;
    }
  }

  kill(): void {
    this.#isKilled = true;
    this.#child.kill("SIGKILL");
  }

  #exitError(code: number | null, signal: string | null): Error {
    if (this.#isKilled || signal === "SIGPIPE") return new Consequence(`${this.#name} was stopped`);
    const why = this.#complaint.trim() || (signal ?? `code ${code ?? "unknown"}`);
    // The thread that reads has gone: it says why.
    if (/broken pipe/i.test(why)) return new Consequence(why);
    return new RestoreError("permanent", `${this.#name} refuses the archive: ${why}`);
  }
}
