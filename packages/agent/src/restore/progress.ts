import type { Log } from "../log.ts";

/** How far a restore is, as its log says it every few seconds. */
export interface RestoreProgress {
  /** 1-based number of the part that is being read, and how many there are. */
  readonly part: number;
  readonly parts: number;
  readonly doneMiB: number;
  readonly mibPerSec: number;
  /** Absent while the length of what is being read is not known. */
  readonly percent?: number;
  readonly remainingSec?: number;
}

/** Counts the bytes of a restore and tells how long the rest will take. Parts are taken to be of the same size. */
export class ProgressMeter {
  readonly #parts: number;
  readonly #startedMs = performance.now();
  readonly #firstPart: number;
  #part: number;
  #bytes = 0;
  #partBytes = 0;
  #partLength: number | undefined;

  /** `done`: parts that were verified before the start. */
  constructor(parts: number, done: number) {
    this.#parts = parts;
    this.#part = done;
    this.#firstPart = done;
  }

  startPart(index: number): void {
    [this.#part, this.#partBytes, this.#partLength] = [index, 0, undefined];
  }

  /** Length of what is being read now. */
  addLength(bytes: number): void {
    this.#partLength = (this.#partLength ?? 0) + bytes;
  }

  addBytes(bytes: number): void {
    this.#bytes += bytes;
    this.#partBytes += bytes;
  }

  get progress(): RestoreProgress {
    const seconds = Math.max(0.001, (performance.now() - this.#startedMs) / 1000);
    const round = (value: number, digits: number): number => Number(value.toFixed(digits));
    const counted = {
      part: Math.min(this.#parts, this.#part + 1),
      parts: this.#parts,
      doneMiB: round(this.#bytes / 2 ** 20, 0),
      mibPerSec: round(this.#bytes / 2 ** 20 / seconds, 1),
    };
    if (this.#partLength === undefined || this.#partLength === 0) return counted;
    const done = this.#part + Math.min(1, this.#partBytes / this.#partLength);
    const percent = round((100 * done) / this.#parts, 1);
    const here = done - this.#firstPart;
    return { ...counted, percent, ...(here > 0 ? { remainingSec: round(((this.#parts - done) * seconds) / here, 0) } : {}) };
  }
}

/** Logs the progress again and again. Returns what stops it. */
export function reportProgress(meter: ProgressMeter, log: Log, everyMs: number): () => void {
  const timer = setInterval(() => {
    log.info("restoring", { ...meter.progress });
  }, everyMs);
  return () => {
    clearInterval(timer);
  };
}
