import type { MetricName, SyncStatus } from "@coinfleet/sdk";
import type { Verdict } from "./verdict.ts";
import type { VolumeUsage } from "./volume-usage.ts";

/** One value per metric that is known now. What is not known is not there: never a default. */
export type Samples = Readonly<Partial<Record<MetricName, number>>>;

/** What {@link toSamples} is given. */
export interface SamplesInput {
  readonly nowSec: number;
  readonly probe: SyncStatus | undefined;
  readonly verdict: Verdict;
  readonly tipsAvailable: number;
  readonly isForked: boolean;
  readonly volume: VolumeUsage | undefined;
  readonly restarts: number;
  readonly restorePercent: number | undefined;
  readonly clockOffsetSec: number | undefined;
  /** When the network leaves the running release behind, Unix seconds. */
  readonly leftBehindAtSec?: number | undefined;
}

/** The samples of one probe. A failed one has no height, no peers, no age. */
export function toSamples(input: SamplesInput): Samples {
  const { nowSec, probe, verdict, tipsAvailable, isForked, volume, restarts, restorePercent, clockOffsetSec, leftBehindAtSec } = input;
  return {
    ProbeSuccess: probe === undefined ? 0 : 1,
    Synced: verdict.isSynced ? 1 : 0,
    InService: verdict.isSynced ? 1 : 0,
    TipsAvailable: tipsAvailable,
    TipsDisagree: verdict.tipsDisagree ? 1 : 0,
    Restarts: restarts,
    ...(restorePercent === undefined ? {} : { RestorePercent: restorePercent }),
    ...(clockOffsetSec === undefined ? {} : { ClockOffsetSeconds: clockOffsetSec }),
    ...(leftBehindAtSec === undefined ? {} : { DaysToFork: (leftBehindAtSec - nowSec) / 86_400 }),
    ...(volume === undefined ? {} : { DataVolumeUsedPercent: volume.usedPercent, DaysToFull: volume.daysToFull }),
    ...(probe === undefined
      ? {}
      : {
          Height: probe.height,
          TipAgeSeconds: Math.max(0, nowSec - probe.tipTimeSec),
          Peers: probe.peers,
          InitialSync: probe.isInitialSync ? 1 : 0,
          ForkDetected: isForked ? 1 : 0,
          ...(verdict.blocksBehind === undefined ? {} : { BlocksBehind: verdict.blocksBehind }),
        }),
  };
}
