import type { OnProgress } from "@coinfleet/build/progress";
import { renderProgress } from "@coinfleet/build/progress";

/** A terminal or a log to write to. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const logEveryMs = 10_000;

/** Prints progress: one changing line on a terminal, a line now and then in a log. */
export class Reporter {
  readonly #output: Output;
  readonly #now: () => number;
  #what = "";
  #startedAt = 0;
  #printedAt = 0;
  #isLineOpen = false;

  constructor(output: Output = process.stderr, now: () => number = Date.now) {
    this.#output = output;
    this.#now = now;
  }

  readonly progress: OnProgress = (progress) => {
    const now = this.#now();
    const isNew = progress.what !== this.#what;
    if (isNew) {
      this.#what = progress.what;
      this.#startedAt = now;
    } else if (now - this.#printedAt < (this.#output.isTTY === true ? 100 : logEveryMs)) return;
    this.#printedAt = now;
    const line = renderProgress(progress, (now - this.#startedAt) / 1000);
    if (this.#output.isTTY !== true) {
      this.#output.write(`${line}\n`);
      return;
    }
    this.#output.write(`\r\u001b[K${line.slice(0, (this.#output.columns ?? 80) - 1)}`);
    this.#isLineOpen = true;
  };

  /** A line that stays. */
  readonly say = (line: string): void => {
    if (this.#isLineOpen) this.#output.write("\r\u001b[K");
    this.#isLineOpen = false;
    this.#output.write(`${line}\n`);
  };

  readonly end = (): void => {
    if (this.#isLineOpen) this.#output.write("\r\u001b[K");
    this.#isLineOpen = false;
  };
}
