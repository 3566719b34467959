import { spawn } from "node:child_process";
import { Duplex, PassThrough } from "node:stream";
import { createGunzip } from "node:zlib";
import { RestoreError } from "./restore-error.ts";

/** How an archive is packed. */
export type ArchiveFormat = "tar" | "tar.gz" | "tar.zst" | "tar.xz" | "tar.lz4";

export const archiveFormats: readonly ArchiveFormat[] = ["tar", "tar.gz", "tar.zst", "tar.xz", "tar.lz4"];

/** A stream that turns the packed bytes into those of the tar archive. */
export function decompressor(format: ArchiveFormat): Duplex {
  switch (format) {
    case "tar":
      return new PassThrough();
    case "tar.gz":
      return createGunzip({ chunkSize: 256 * 1024 });
    case "tar.zst":
      // Not Node's own, which ends after the first of several frames (pzstd writes many).
      return program("zstd", ["-d", "-c", "-q", "--memory=256MB"]);
    case "tar.xz":
      return program("xz", ["--decompress", "--stdout", "--memlimit-decompress=200MiB"]);
    case "tar.lz4":
      return program("lz4", ["-d", "-c", "-q"]);
  }
}

/** A program as a stream. Its exit code decides whether the output was complete. */
function program(command: string, parameters: readonly string[]): Duplex {
  const child = spawn(command, [...parameters], { stdio: ["pipe", "pipe", "pipe"], env: { PATH: process.env["PATH"] ?? "" } });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-500);
  });
  const exit = new Promise<void>((resolve, reject) => {
    child.on("error", (cause) => {
      reject(new RestoreError("permanent", `${command} cannot be started: ${cause.message}`, { cause }));
    });
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new RestoreError("permanent", `${command} refuses the archive: ${complaint.trim() || `code ${code}`}`));
    });
  });
  // Told to whoever reads the output; a promise that nobody awaits must not end the process.
  exit.catch(() => undefined);
  child.stdin.on("error", () => undefined);
  const output = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of child.stdout) if (Buffer.isBuffer(chunk)) yield chunk;
    await exit;
  };
  const stream = Duplex.from({ writable: child.stdin, readable: output() });
  stream.once("close", () => child.kill("SIGKILL"));
  return stream;
}
