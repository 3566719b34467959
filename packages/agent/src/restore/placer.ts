import { closeSync, linkSync, lstatSync, mkdirSync, openSync, statfsSync, symlinkSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkEntry } from "./entry-rules.ts";
import { RestoreError } from "./restore-error.ts";
import type { TarHeader } from "./tar-header.ts";
import type { EntrySink } from "./tar-reader.ts";

/** Before a file of this size the free space is looked at: a full disk is then known before it is full. */
const largeBytes = 16 * 2 ** 20;

/**
 * Writes the entries of an archive below an empty directory. Owner and mode are ours: 0700 and 0600. Every method throws
 * {@link RestoreError} permanent for what an archive of chain data has no reason to hold.
 */
export class Placer implements EntrySink {
  readonly #root: string;
  readonly #directories = new Set<string>([""]);
  readonly #symlinks = new Set<string>();
  #open: { readonly descriptor: number; readonly path: string } | undefined;
  /** Bytes of contents written so far. */
  writtenBytes = 0;

  constructor(root: string) {
    this.#root = root;
  }

  entry(header: TarHeader): void {
    const safe = checkEntry(header);
    if (safe.kind === "nothing") return;
    if (safe.kind === "directory") {
      this.#makeDirectory(safe.path);
      return;
    }
    this.#makeParent(safe.path);
    const here = join(this.#root, safe.path);
    switch (safe.kind) {
      case "file":
        this.#requireSpace(safe.path, safe.bytes);
        this.#open = { path: safe.path, descriptor: orTwice(safe.path, () => openSync(here, "wx", 0o600)) };
        return;
      case "symlink":
        orTwice(safe.path, () => {
          symlinkSync(safe.target, here);
        });
        this.#symlinks.add(safe.path);
        return;
      case "hardlink":
        this.#makeParent(safe.target);
        if (lstatSync(join(this.#root, safe.target), { throwIfNoEntry: false })?.isFile() !== true) {
          throw new RestoreError("permanent", `hostile archive, entry "${safe.path}": a link to "${safe.target}", which is no file of it`);
        }
        orTwice(safe.path, () => {
          linkSync(join(this.#root, safe.target), here);
        });
    }
  }

  content(bytes: Buffer): void {
    if (this.#open === undefined) throw new Error("content without an entry");
    for (let written = 0; written < bytes.length;) written += writeSync(this.#open.descriptor, bytes, written);
    this.writtenBytes += bytes.length;
  }

  end(): void {
    if (this.#open !== undefined) closeSync(this.#open.descriptor);
    this.#open = undefined;
  }

  #requireSpace(path: string, bytes: number): void {
    if (bytes < largeBytes) return;
    const { bavail, bsize } = statfsSync(this.#root);
    if (bytes > bavail * bsize) {
      throw new RestoreError("permanent", `the data volume is full: ${path} has ${bytes} bytes, ${bavail * bsize} are free`);
    }
  }

  #makeParent(path: string): void {
    const parent = dirname(path);
    this.#makeDirectory(parent === "." ? "" : parent);
  }

  #makeDirectory(path: string): void {
    if (this.#directories.has(path)) return;
    const parts = path.split("/");
    for (let count = 1; count <= parts.length; count++) {
      const step = parts.slice(0, count).join("/");
      // Never through a link: a later entry could lead wherever an earlier one points.
      if (this.#symlinks.has(step)) throw new RestoreError("permanent", `hostile archive: "${path}" leads through the link "${step}"`);
      if (this.#directories.has(step)) continue;
      orTwice(step, () => {
        mkdirSync(join(this.#root, step), { mode: 0o700 });
      });
      this.#directories.add(step);
    }
  }
}

function orTwice<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const isTwice = error instanceof Error && "code" in error && error.code === "EEXIST";
    throw isTwice ? new RestoreError("permanent", `hostile archive: it names "${path}" twice`, { cause: error }) : error;
  }
}
