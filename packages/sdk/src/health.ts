import type { Network, TipReference } from "./coin.ts";
import type { ResolvedHealth } from "./resolved.ts";

const secondsPerYear = 365 * 24 * 3600;

/** What the stack file says that bears on health. */
export interface HealthInput {
  readonly count: number;
  readonly blockEverySec?: number | undefined;
  readonly tips?: readonly TipReference[] | undefined;
  readonly leftBehindAtSec?: number | undefined;
}

/** Thresholds of a group's health verdict. */
export function resolveHealth(network: Network, { count, blockEverySec, tips, leftBehindAtSec }: HealthInput): ResolvedHealth {
  const blockIntervalSec = blockEverySec ?? network.blockIntervalSec;
  const isPrivate = network.kind === "private";
  return {
    tips: tips ?? network.tips,
    minimumTips: isPrivate && network.minimumTips > count - 1 ? 0 : network.minimumTips,
    settledDepth: network.settledDepth,
    blockIntervalSec,
    maxBlocksBehind: maxBlocksBehind(blockIntervalSec),
    maxTipAgeSec: maxTipAgeSec(network, blockIntervalSec, blockEverySec !== undefined),
    minimumPeers: isPrivate && count === 1 ? 0 : 1,
    ...(leftBehindAtSec === undefined ? {} : { leftBehindAtSec }),
  };
}

/** Two blocks are in flight on any network; on fast ones, as many as are made while a probe and its references answer (15 s). */
function maxBlocksBehind(blockIntervalSec: number): number {
  return Math.max(2, Math.ceil(15 / blockIntervalSec));
}

function maxTipAgeSec(network: Network, blockIntervalSec: number, minesOnTime: boolean): number {
  if (minesOnTime || network.blockArrival === "slots") return Math.max(30, Math.ceil(10 * blockIntervalSec));
  // Nobody makes blocks there unless told to, so silence says nothing.
  if (network.kind === "private") return secondsPerYear;
  // Exponential arrival: at this age a false alarm comes once a year.
  return Math.ceil(blockIntervalSec * Math.log(secondsPerYear / blockIntervalSec));
}
