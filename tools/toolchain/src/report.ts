/** Told what a tool is doing right now. */
export type Report = (doing: string) => void;

/** A long step, from its start to its end. */
export interface ToolProgress {
  /** For example "Pulumi CLI 3.259.0". */
  readonly tool: string;
  /** For example "building from Go modules". */
  readonly doing: string;
  readonly elapsedSec: number;
  /** How long it takes on two cores with nothing cached. Undefined for a download. */
  readonly expectedSec: number | undefined;
  readonly isDone: boolean;
}

/** Told about progress, often. The caller decides what to print. */
export type OnToolProgress = (progress: ToolProgress) => void;

const linesEverySec = 15;

/** One line of progress: what, how far, elapsed, expected. */
function renderProgress({ tool, doing, elapsedSec, expectedSec, isDone }: ToolProgress): string {
  const time = isDone || expectedSec === undefined ? duration(elapsedSec) : `${duration(elapsedSec)} of about ${duration(expectedSec)}`;
  return `${tool}: ${doing} (${time})`;
}

/** Prints progress: a line that is rewritten on a terminal, else a line at each start and end and every 15 seconds. */
export function printProgress(stream: NodeJS.WriteStream): OnToolProgress {
  const printed = new Map<string, number>();
  return (progress) => {
    const line = renderProgress(progress);
    if (stream.isTTY) {
      stream.write(`\r\x1b[K${line.slice(0, stream.columns - 1)}${progress.isDone ? "\n" : ""}`);
      return;
    }
    const last = printed.get(progress.tool);
    if (!progress.isDone && last !== undefined && progress.elapsedSec - last < linesEverySec) return;
    printed.set(progress.tool, progress.elapsedSec);
    stream.write(`${line}\n`);
  };
}

/** Times one step, and repeats what it is doing every second so that the elapsed time moves. */
export async function withProgress<T>(
  tool: string,
  expectedSec: number | undefined,
  onProgress: OnToolProgress,
  work: (report: Report) => Promise<T>,
): Promise<T> {
  const started = Date.now();
  let doing = "starting";
  const tell = (isDone: boolean): void => onProgress({ tool, doing, elapsedSec: (Date.now() - started) / 1000, expectedSec, isDone });
  const ticker = setInterval(() => tell(false), 1000);
  try {
    const result = await work((next) => {
      doing = next;
      tell(false);
    });
    doing = "ready";
    return result;
  } catch (error) {
    doing = "failed";
    throw error;
  } finally {
    clearInterval(ticker);
    tell(true);
  }
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
