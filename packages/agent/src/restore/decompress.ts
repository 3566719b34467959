import type { ArchiveFormat } from "@coinfleet/sdk";
import { spawn } from "node:child_process";
import type { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { RestoreError } from "./restore-error.ts";

// Node's own zstd ends after the first of several frames, of which pzstd writes many; it has neither xz nor lz4.
const programs = {
  "tar.zst": ["zstd", "-d", "-c", "-q", "--memory=256MB"],
  "tar.xz": ["xz", "--decompress", "--stdout", "--memlimit-decompress=200MiB"],
  "tar.lz4": ["lz4", "-d", "-c", "-q"],
} as const;

/** Sends the bytes that come out of `source` and `meter`, unpacked, into `tar`. All of the promises must be awaited; `stop` ends them all. */
export function decompressInto(
  tar: NodeJS.WritableStream,
  [source, meter]: readonly [Readable, Transform],
  format: ArchiveFormat,
  stop: AbortSignal,
): readonly Promise<void>[] {
  switch (format) {
    case "tar":
      return [pipeline(source, meter, tar, { signal: stop })];
    case "tar.gz":
      return [pipeline(source, meter, createGunzip({ chunkSize: 256 * 1024 }), tar, { signal: stop })];
    case "tar.zst":
    case "tar.xz":
    case "tar.lz4":
      return throughProgram(programs[format], [source, meter], tar, stop);
  }
}

function throughProgram(
  [command, ...parameters]: readonly [string, ...string[]],
  [source, meter]: readonly [Readable, Transform],
  tar: NodeJS.WritableStream,
  stop: AbortSignal,
): readonly Promise<void>[] {
  const child = spawn(command, parameters, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"] ?? "" },
    signal: stop,
    killSignal: "SIGKILL",
  });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-500);
  });
  const exit = new Promise<void>((resolve, reject) => {
    child.on("error", (cause) => {
      reject(
        cause.name === "AbortError" ? cause : new RestoreError("permanent", `${command} cannot be started: ${cause.message}`, { cause }),
      );
    });
    child.on("close", (code) => {
      if (code === 0) resolve();
      else if (stop.aborted) reject(new DOMException("stopped", "AbortError"));
      else reject(new RestoreError("permanent", `${command} refuses the archive: ${complaint.trim() || `code ${code}`}`));
    });
  });
  // The archive has not ended before the program says so: what it wrote before it failed is not the whole.
  const output = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of child.stdout) if (Buffer.isBuffer(chunk)) yield chunk;
    await exit;
  };
  // A program that has found a fault reads no further: its exit says why.
  const input = pipeline(source, meter, child.stdin, { signal: stop }).catch(async (error: unknown) => {
    await Promise.race([exit, new Promise((resolve) => setTimeout(resolve, 1000))]);
    throw error;
  });
  return [exit, input, pipeline(output, tar, { signal: stop })];
}
