import type { OnProgress, Progress } from "@coinfleet/build";

/** A terminal or a log to write to. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const units = ["B", "KiB", "MiB", "GiB"] as const;

export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? "B"}`;
}

/** `1 h 5 min`, `2 min 3 s`, `4 s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole >= 86_400) return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3_600)} h`;
  if (whole >= 3_600) return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
  return whole >= 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole} s`;
}

/** One line: what, how far, how long still. */
export function renderProgress({ what, done, total, unit }: Progress, elapsedSec: number): string {
  const amount = (value: number): string => (unit === "B" ? formatBytes(value) : unit === "s" ? formatDuration(value) : String(value));
  if (done === undefined) return what;
  if (total === undefined || total === 0) return `${what}: ${amount(done)}`;
  const left = done > 0 && done < total ? `, about ${formatDuration((elapsedSec / done) * (total - done))} left` : "";
  return `${what}: ${amount(done)} of ${amount(total)} (${Math.floor((100 * done) / total)} %${left})`;
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
