import { stat, statfs } from "node:fs/promises";
import { join } from "node:path";

/** How full the data volume is. */
export interface VolumeUsage {
  readonly usedPercent: number;
  readonly daysToFull: number;
}

interface Sample {
  readonly atSec: number;
  readonly usedBytes: number;
}

/** What CloudWatch shows for "it does not grow". */
export const neverFull = 9999;

const daySec = 86_400;
const sampleEverySec = 600;

/** Watches a mount point. Nothing is reported while nothing is mounted there. */
export class VolumeWatch {
  readonly #path: string;
  readonly #expectedBytesPerDay: number;
  #samples: Sample[] = [];

  /** `expectedGrowthGiBPerYear`: what the coin's author expects; counts until a day has been measured. */
  constructor(path: string, expectedGrowthGiBPerYear: number) {
    this.#path = path;
    this.#expectedBytesPerDay = (expectedGrowthGiBPerYear * 2 ** 30) / 365;
  }

  /** `elapsedSec` comes from a clock that never jumps. */
  async read(elapsedSec: number): Promise<VolumeUsage | undefined> {
    if (!(await isMountPoint(this.#path))) return undefined;
    const { blocks, bfree, bavail, bsize } = await statfs(this.#path);
    const usedBytes = (blocks - bfree) * bsize;
    const availableBytes = bavail * bsize;
    this.#remember({ atSec: elapsedSec, usedBytes });
    return {
      usedPercent: (100 * usedBytes) / Math.max(1, usedBytes + availableBytes),
      daysToFull: daysToFull(availableBytes, this.#samples, this.#expectedBytesPerDay),
    };
  }

  #remember(sample: Sample): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && sample.atSec - last.atSec < sampleEverySec) return;
    this.#samples = [...this.#samples.filter((one) => sample.atSec - one.atSec <= 7 * daySec), sample];
  }
}

/** Days until `availableBytes` are used: by the steeper of the slopes over a day and over all that was kept (a week). */
export function daysToFull(availableBytes: number, samples: readonly Sample[], expectedBytesPerDay: number): number {
  const last = samples.at(-1);
  if (last === undefined) return neverFull;
  const slope = (since: number): number => {
    const first = samples.find((one) => last.atSec - one.atSec <= since);
    const days = first === undefined ? 0 : (last.atSec - first.atSec) / daySec;
    // Less than an hour of measuring says more about the last flush than about growth.
    return first === undefined || days < 1 / 24 ? 0 : (last.usedBytes - first.usedBytes) / days;
  };
  const measuredSec = last.atSec - (samples[0]?.atSec ?? last.atSec);
  const perDay = Math.max(slope(daySec), slope(7 * daySec), measuredSec < daySec ? expectedBytesPerDay : 0);
  return perDay <= 0 ? neverFull : Math.min(neverFull, availableBytes / perDay);
}

async function isMountPoint(path: string): Promise<boolean> {
  try {
    const [own, parent] = await Promise.all([stat(path), stat(join(path, ".."))]);
    return own.dev !== parent.dev;
  } catch {
    return false;
  }
}
