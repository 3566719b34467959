import { writeFile } from "node:fs/promises";
import { describeError, type Log } from "./log.ts";
import type { Verdict } from "./verdict.ts";

const renewAfterSec = 20;

/** Asks the host to open RPC to others, or to close it, through a file that a path unit watches. An open gate closes by itself unless it is renewed. */
export class GateRequest {
  readonly #file: string;
  readonly #log: Log;
  #asked: "open" | "closed" | undefined;
  #askedAtSec = Number.NEGATIVE_INFINITY;

  constructor(file: string, log: Log) {
    this.#file = file;
    this.#log = log;
  }

  /** Never throws: a gate that cannot be asked for closes. `elapsedSec` comes from a clock that never jumps. */
  async update(verdict: Verdict, elapsedSec: number): Promise<void> {
    // One probe that failed cuts no connections: the gate closes by itself when the next ones fail too.
    if (verdict.state === "probe-failed") return;
    const wanted = verdict.isSynced ? "open" : "closed";
    if (wanted === this.#asked && (wanted === "closed" || elapsedSec - this.#askedAtSec < renewAfterSec)) return;
    try {
      await writeFile(this.#file, wanted);
      this.#asked = wanted;
      this.#askedAtSec = elapsedSec;
    } catch (error) {
      this.#log.error("the host cannot be asked to open or close RPC", { file: this.#file, why: describeError(error) });
    }
  }
}
