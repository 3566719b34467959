import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ArchiveFormat } from "@coinfleet/sdk";
import { z } from "zod";
import type { Log } from "../log.ts";
import { mergeInto } from "./merge.ts";
import { readParts, verifiedBytes, type ArchiveLayout, type Part, type Proof } from "./parts.ts";
import { ProgressMeter, reportProgress } from "./progress.ts";
import type { StreamOptions } from "./ranged-stream.ts";
import { RestoreError } from "./restore-error.ts";
import { unpack } from "./unpack.ts";

/** What {@link restore} is given. */
export interface RestoreOptions {
  readonly url: string;
  /** Of what is at `url`: the archive, or the list of its parts. */
  readonly proof: Proof;
  /** @default "file" */
  readonly layout?: ArchiveLayout;
  readonly format: ArchiveFormat;
  /** Data directory of the daemon. */
  readonly data: string;
  readonly log: Log;
  /** @default 10000 */
  readonly progressEveryMs?: number;
  /** Most connections at once. @default 8 */
  readonly connections?: number;
  /** For how long a server that gives nothing is tried again before the restore ends and says so. @default 300000 */
  readonly patienceMs?: number;
}

/** What a restore came to. */
export type RestoreOutcome = "restored" | "already restored" | "has data";

const markerName = ".coinfleet-restored.json";
const stagingName = ".coinfleet-restore";
/** How often a part is begun again in one run because the file on the server was replaced. */
const mostChanges = 3;

/**
 * Gives an empty data directory its snapshot. Unpacks beside it while the archive comes in, part by part, and makes it visible only when
 * everything has proved to be what was meant. May be killed at any moment and started again: it goes on after the last verified part.
 * @throws {@link RestoreError}
 */
export async function restore(options: RestoreOptions): Promise<RestoreOutcome> {
  const { data, log } = options;
  const names = await readdir(data);
  if (names.includes(markerName)) return "already restored";
  const staging = join(data, stagingName);
  if (await exists(join(staging, "verified"))) {
    log.info("the snapshot was verified before the restart; making it visible");
    await makeVisible(options);
    return "restored";
  }
  if (names.some((name) => name !== stagingName)) return "has data";
  const stop = new AbortController();
  try {
    await new StagedRestore(staging, options, stop.signal).run();
  } finally {
    stop.abort();
  }
  await writeDurably(join(staging, "verified"), "");
  await makeVisible(options);
  return "restored";
}

const progressSchema = z.object({ identity: z.string(), done: z.int().nonnegative() });

/** An archive of its own, which is verified as a whole: one file, or the pieces that it was cut into. */
type Unit = readonly Part[];

class StagedRestore {
  readonly #staging: string;
  readonly #options: RestoreOptions;
  readonly #signal: AbortSignal;

  constructor(staging: string, options: RestoreOptions, signal: AbortSignal) {
    this.#staging = staging;
    this.#options = options;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const { url, proof, layout = "file", format, log, progressEveryMs = 10_000 } = this.#options;
    const parts = await readParts(url, proof, layout, this.#stream());
    // The state of a decompressor cannot be kept: an archive that was cut into pieces is verified as one.
    const units: readonly Unit[] = layout === "pieces" ? [parts] : parts.map((part) => [part]);
    const identity = createHash("sha256")
      .update(JSON.stringify([layout, format, parts.map(({ id }) => id)]))
      .digest("hex");
    const done = await this.#resume(identity);
    if (done > 0) log.info("going on after the last verified part", { done, parts: units.length });
    const meter = new ProgressMeter(units.length, done);
    const stopReporting = reportProgress(meter, log, progressEveryMs);
    try {
      for (const [index, unit] of units.entries()) if (index >= done) await this.#fetchUnit(unit, index, identity, meter);
      log.info("unpacked", { ...meter.progress });
    } finally {
      stopReporting();
    }
  }

  /** Tidies up after a run that was killed, and says how many parts need not be read again. */
  async #resume(identity: string): Promise<number> {
    const text = await readFile(join(this.#staging, "progress.json"), "utf8").catch(() => "{}");
    const read = progressSchema.safeParse(parseJson(text));
    if (!read.success || read.data.identity !== identity) {
      await this.#begin(identity);
      return 0;
    }
    const { done } = read.data;
    await rm(join(this.#staging, "part"), { recursive: true, force: true });
    if (!(await exists(this.#verified(done)))) return done;
    await this.#take(done, identity);
    return done + 1;
  }

  async #begin(identity: string): Promise<void> {
    await rm(this.#staging, { recursive: true, force: true });
    await mkdir(join(this.#staging, "files"), { recursive: true, mode: 0o700 });
    await this.#writeProgress(identity, 0);
  }

  async #fetchUnit(unit: Unit, index: number, identity: string, meter: ProgressMeter): Promise<void> {
    const part = join(this.#staging, "part");
    for (let change = 1; ; change++) {
      await mkdir(part, { mode: 0o700 });
      meter.startPart(index);
      try {
        await unpack(this.#bytes(unit, meter), this.#options.format, part);
        break;
      } catch (error) {
        await rm(index === 0 ? this.#staging : part, { recursive: true, force: true });
        if (!(error instanceof RestoreError) || error.kind !== "changed" || change === mostChanges) throw error;
        this.#options.log.warn(error.message, { action: "beginning this part again" });
        if (index === 0) await this.#begin(identity);
      }
    }
    // What is not on the disk now could be missing after a power cut, behind a mark that says it is there.
    await promisify(execFile)("sync", ["-f", part]);
    await rename(part, this.#verified(index));
    // It counts as verified from here on, also when the next line is never reached.
    await syncDirectory(this.#staging);
    await this.#take(index, identity);
  }

  async *#bytes(unit: Unit, meter: ProgressMeter): AsyncGenerator<Buffer> {
    const options = {
      ...this.#stream(),
      onLength: (bytes: number) => {
        meter.addLength(bytes);
      },
    };
    for (const part of unit) {
      for await (const bytes of verifiedBytes(part, options)) {
        meter.addBytes(bytes.length);
        yield bytes;
      }
    }
  }

  /** Adds a verified part to the files that become visible at the end. */
  async #take(index: number, identity: string): Promise<void> {
    await mergeInto(this.#verified(index), join(this.#staging, "files"));
    await this.#writeProgress(identity, index + 1);
    await rm(this.#verified(index), { recursive: true, force: true });
  }

  #verified(index: number): string {
    return join(this.#staging, `verified-${index}`);
  }

  async #writeProgress(identity: string, done: number): Promise<void> {
    await writeDurably(join(this.#staging, "progress.json"), JSON.stringify({ identity, done }));
  }

  #stream(): StreamOptions {
    const { connections, patienceMs } = this.#options;
    return {
      signal: this.#signal,
      ...(connections === undefined ? {} : { connections }),
      ...(patienceMs === undefined ? {} : { patienceMs }),
    };
  }
}

/** From here on nothing can fail but the disk: each move may have been made before. */
async function makeVisible({ data, url, proof }: RestoreOptions): Promise<void> {
  const staging = join(data, stagingName);
  await mergeInto(join(staging, "files"), data);
  await writeDurably(join(data, markerName), `${JSON.stringify({ url, ...proof, restoredAt: new Date().toISOString() })}\n`);
  await rm(staging, { recursive: true, force: true });
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncDirectory(join(path, ".."));
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
