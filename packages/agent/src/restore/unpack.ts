import { execFile, spawn, type ChildProcess } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { RestoreError } from "./restore-error.ts";
import { startUnpacking, type Unpacking } from "./unpack-worker.ts";

/** How an archive is packed. */
export type ArchiveFormat = "tar" | "tar.gz" | "tar.zst" | "tar.xz" | "tar.lz4";

export const archiveFormats: readonly ArchiveFormat[] = ["tar", "tar.gz", "tar.zst", "tar.xz", "tar.lz4"];

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
    const pipe = join(scratch, "tar");
    await promisify(execFile)("mkfifo", ["-m", "600", pipe]);
    // Open at both ends, so that neither side waits for the other to come.
    const descriptor = openSync(pipe, constants.O_RDWR);
    const unpacking = startUnpacking(pipe, directory);
    let program: Program;
    try {
      await unpacking.opened;
      program = new Program(programs[format], descriptor);
    } finally {
      // From here on the program alone holds the writing end: its end is the pipe's.
      closeSync(descriptor);
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
  // What the source says is the cause of all that follows. A program that refuses the archive cuts the thread's input short.
  const errors = ends.flatMap((end): unknown[] => (end.status === "rejected" ? [end.reason] : []));
  const error = errors.find((one) => !(one instanceof Consequence)) ?? errors[0];
  if (error !== undefined) throw error instanceof Error ? error : new Error(String(error));
}

/** A failure that only follows from another one. */
class Consequence extends Error {}

class Program {
  readonly #child: ChildProcess;
  readonly #name: string;
  #complaint = "";
  #isKilled = false;
  /** @throws {@link RestoreError} permanent when the program refuses the archive */
  readonly exited: Promise<void>;

  constructor([command, ...parameters]: readonly [string, ...string[]], output: number) {
    this.#name = command;
    this.#child = spawn(command, parameters, { stdio: ["pipe", output, "pipe"], env: { PATH: process.env["PATH"] ?? "" } });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#complaint = (this.#complaint + chunk.toString()).slice(-500);
    });
    // Its errors are the exit's: a program that has found a fault reads no further.
    this.#child.stdin?.on("error", () => undefined);
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

  /** Writes the bytes to the program. Ends quietly when the program has ended: its exit says why. */
  async feed(bytes: AsyncIterable<Buffer>): Promise<void> {
    const { stdin } = this.#child;
    if (stdin === null) throw new Error("the program has no input");
    const ended = this.exited.catch(() => undefined);
    let writing: Promise<unknown> = Promise.resolve();
    for await (const piece of bytes) {
      // One piece is written while the next one is hashed, and none is still to be written when its buffer is used again.
      await Promise.race([writing, ended]);
      if (!stdin.writable) break;
      writing = new Promise((resolve) => stdin.write(piece, resolve));
    }
    stdin.end();
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
