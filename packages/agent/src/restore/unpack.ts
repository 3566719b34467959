import type { ArchiveFormat } from "@coinfleet/sdk";
import { createWriteStream } from "node:fs";
import { link, lstat, mkdir, statfs, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { extract, type Extract } from "tar-stream";
import { decompressInto } from "./decompress.ts";
import type { Download } from "./download.ts";
import { checkEntry, type SafeEntry } from "./entry-rules.ts";
import { RestoreError } from "./restore-error.ts";

/** Unpacks an archive into an empty directory, entry by entry as it comes. Owner and mode are ours: 0700 and 0600. */
export async function unpack(
  { source, meter }: Pick<Download, "source" | "meter">,
  format: ArchiveFormat,
  directory: string,
): Promise<void> {
  const stop = new AbortController();
  const tar = extract();
  const jobs = [place(tar, new Placer(directory, stop.signal)), ...decompressInto(tar, [source, meter], format, stop.signal)];
  const ends = await Promise.allSettled(
    jobs.map((job) =>
      job.catch((error: unknown) => {
        stop.abort();
        tar.destroy(error instanceof Error ? error : new Error(String(error)));
        throw error;
      }),
    ),
  );
  const reasons = ends.flatMap((end): unknown[] => (end.status === "rejected" ? [end.reason] : []));
  if (reasons.length > 0) throw reason(reasons);
}

async function place(tar: Extract, placer: Placer): Promise<void> {
  for await (const entry of tar) {
    const safe = checkEntry(entry.header);
    if (safe.kind === "file") await placer.file(safe, entry);
    else {
      await placer.other(safe);
      entry.resume();
    }
  }
}

/** The most telling one of several errors. */
function reason(errors: readonly unknown[]): Error {
  const own = errors.find((error) => error instanceof RestoreError);
  if (own instanceof RestoreError) return own;
  const full = errors.find((error) => error instanceof Error && "code" in error && error.code === "ENOSPC");
  if (full !== undefined) return new RestoreError("permanent", "the data volume is full", { cause: full });
  const dropped = errors.find((error) => error instanceof Error && /terminated|other side closed|ECONNRESET|aborted/.test(error.message));
  if (dropped instanceof Error) return new RestoreError("transient", `the connection was lost: ${dropped.message}`, { cause: dropped });
  const isEcho = (error: unknown): boolean =>
    error instanceof Error && (error.name === "AbortError" || ("code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE"));
  const first = errors.find((error) => !isEcho(error)) ?? errors[0];
  const message = first instanceof Error ? first.message : String(first);
  return new RestoreError("permanent", `the archive cannot be unpacked: ${message}`, { cause: first });
}

type SafeFile = SafeEntry & { readonly kind: "file" };

class Placer {
  readonly #root: string;
  readonly #directories = new Set<string>([""]);
  readonly #symlinks = new Set<string>();

  readonly #stop: AbortSignal;

  constructor(root: string, stop: AbortSignal) {
    this.#root = root;
    this.#stop = stop;
  }

  async file({ path, bytes }: SafeFile, entry: AsyncIterable<unknown>): Promise<void> {
    await this.#makeParent(path);
    const { bavail, bsize } = await statfs(this.#root);
    if (bytes > bavail * bsize)
      throw new RestoreError("permanent", `the data volume is full: ${path} has ${bytes} bytes, ${bavail * bsize} are free`);
    const output = createWriteStream(join(this.#root, path), { flags: "wx", mode: 0o600, highWaterMark: 2 ** 20 });
    // The signal, because an entry whose archive was cut off before it was read never ends.
    await pipeline(entry, output, { signal: this.#stop }).catch((error: unknown) => {
      throw twice(error, path);
    });
  }

  async other(entry: Exclude<SafeEntry, { kind: "file" }>): Promise<void> {
    if (entry.kind === "nothing") return;
    if (entry.kind === "directory") return this.#makeDirectory(entry.path);
    await this.#makeParent(entry.path);
    const here = join(this.#root, entry.path);
    if (entry.kind === "symlink") {
      await symlink(entry.target, here).catch((error: unknown) => {
        throw twice(error, entry.path);
      });
      this.#symlinks.add(entry.path);
      return;
    }
    await this.#makeParent(entry.target);
    const target = join(this.#root, entry.target);
    const found = await lstat(target).catch(() => undefined);
    if (found?.isFile() !== true)
      throw new RestoreError("permanent", `hostile archive, entry "${entry.path}": a link to "${entry.target}", which is no file of it`);
    await link(target, here);
  }

  async #makeParent(path: string): Promise<void> {
    const parent = dirname(path);
    await this.#makeDirectory(parent === "." ? "" : parent);
  }

  async #makeDirectory(path: string): Promise<void> {
    if (this.#directories.has(path)) return;
    const parts = path.split("/");
    for (let count = 1; count <= parts.length; count++) {
      const step = parts.slice(0, count).join("/");
      // Never through a link: a later entry could lead wherever an earlier one points.
      if (this.#symlinks.has(step)) throw new RestoreError("permanent", `hostile archive: "${path}" leads through the link "${step}"`);
      if (this.#directories.has(step)) continue;
      await mkdir(join(this.#root, step), { mode: 0o700 }).catch((error: unknown) => {
        throw twice(error, step);
      });
      this.#directories.add(step);
    }
  }
}

function twice(error: unknown, path: string): unknown {
  const isTwice = error instanceof Error && "code" in error && error.code === "EEXIST";
  return isTwice ? new RestoreError("permanent", `hostile archive: it names "${path}" twice`, { cause: error }) : error;
}
