import { z } from "zod";
import type { Log } from "./log.ts";

/** An answer's date says seconds, and is some time under way. A clock that is better than this is better than the answers. */
const toleratedSec = 5;

const dated = z.object({ headers: z.object({ date: z.string() }) });

/**
 * The host's clock, held against that of AWS: every answer carries its date, a refusal too. While the host's own is wrong by seconds, time goes by the
 * last answer and the clock that never jumps; metrics would else be of another minute, and blocks of the wrong age.
 */
export class CloudClock {
  readonly #log: Log;
  /** What the wall clock would say at the zero of the clock that never jumps, milliseconds. */
  #originMs: number | undefined;
  #isWrong = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Takes the date of an HTTP answer that was asked for at `sentMs` and came at `receivedMs` on the clock that never jumps. */
  note(answer: unknown, sentMs: number, receivedMs: number): void {
    const date = Date.parse(dated.safeParse(answer).data?.headers.date ?? "");
    if (Number.isNaN(date)) return;
    // In the middle of its second, and of its way.
    this.#originMs = date + 500 - (sentMs + receivedMs) / 2;
    const { offsetSec } = this;
    const isWrong = offsetSec !== undefined && offsetSec > toleratedSec;
    if (isWrong && !this.#isWrong) this.#log.warn("the host's clock is wrong: going by that of AWS", { offsetSec });
    if (!isWrong && this.#isWrong) this.#log.info("the host's clock is right again");
    this.#isWrong = isWrong;
  }

  /** By how much the host's clock is wrong, either way. Undefined until AWS has answered once. */
  get offsetSec(): number | undefined {
    return this.#originMs === undefined ? undefined : Math.abs(Date.now() - this.#originMs - performance.now()) / 1000;
  }

  now(): Date {
    if (this.#originMs === undefined || (this.offsetSec ?? 0) <= toleratedSec) return new Date();
    return new Date(this.#originMs + performance.now());
  }
}
