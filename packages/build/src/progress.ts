/** How far a long step is. `total` is absent where nobody knows it. */
export interface Progress {
  /** What is being done, for example `download bitcoin-31.1.tar.gz`. */
  readonly what: string;
  readonly done?: number;
  readonly total?: number;
  readonly unit?: "B" | "s" | "steps";
}

/** Told about progress, often. The caller decides what to print. */
export type OnProgress = (progress: Progress) => void;

export const silent: OnProgress = () => undefined;

const units = ["B", "KiB", "MiB", "GiB"] as const;

/** `1.5 GiB`. */
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

/** One line: what, how far, and, after the first seconds, how long still. */
export function renderProgress({ what, done, total, unit }: Progress, elapsedSec: number): string {
  const amount = (value: number): string => (unit === "B" ? formatBytes(value) : unit === "s" ? formatDuration(value) : String(value));
  if (done === undefined) return what;
  if (total === undefined || total === 0) return `${what}: ${amount(done)}`;
  const left = elapsedSec >= 3 && done > 0 && done < total ? `, about ${formatDuration((elapsedSec / done) * (total - done))} left` : "";
  return `${what}: ${amount(done)} of ${amount(total)} (${Math.floor((100 * done) / total)} %${left})`;
}

/** Turns frequent progress into a line now and then: one for each new step, and one each `everyMs` while it lasts. */
export function progressLines(say: (line: string) => void, everyMs: number, now: () => number = Date.now): OnProgress {
  let last = { what: "", startedAt: 0, saidAt: 0 };
  return (progress) => {
    const time = now();
    const isNew = progress.what !== last.what;
    if (!isNew && time - last.saidAt < everyMs) return;
    last = { what: progress.what, startedAt: isNew ? time : last.startedAt, saidAt: time };
    say(renderProgress(progress, (time - last.startedAt) / 1000));
  };
}
