import type { MetricName } from "@coinfleet/sdk";
import type { NodeSamples } from "../samples.ts";

/** A node in one word. Unknown is never good news. */
export type NodeState = "Synced" | "Syncing" | "Behind" | "Down" | "Unknown";

/** What a node's newest samples say. A figure that nobody published lately is absent. */
export interface NodeHealth {
  readonly state: NodeState;
  /** Why it is not synced, in a few words. */
  readonly why?: string;
  readonly height?: number;
  readonly lag?: number;
  readonly tipAgeSec?: number;
  readonly peers?: number;
  readonly diskUsedPercent?: number;
}

/** The metrics that a verdict needs: 8 for a node, so that 60 nodes fit into one call. */
export const statusMetrics = [
  "ProbeSuccess",
  "Synced",
  "Height",
  "BlocksBehind",
  "TipAgeSeconds",
  "Peers",
  "InitialSync",
  "DataVolumeUsedPercent",
] as const satisfies readonly MetricName[];

/** Agents publish each 10 s; CloudWatch may need a minute to show it. */
export const freshMs = 120_000;

// Judging a new host as silent would call every boot a fault.
const bootMs = 10 * 60_000;

/** What is known of the host. */
export interface HostFacts {
  readonly instanceState: string;
  readonly launchedMs: number;
}

function verdict(figure: (metric: MetricName) => number | undefined): { readonly state: NodeState; readonly why?: string } {
  if (figure("Synced") === 1) return { state: "Synced" };
  if (figure("InitialSync") === 1) return { state: "Syncing", why: "initial sync" };
  const behind = figure("BlocksBehind");
  if (behind !== undefined && behind > 0) return { state: "Behind" };
  if (figure("Peers") === 0) return { state: "Unknown", why: "no peers" };
  return { state: "Unknown", why: behind === undefined ? "no tip to compare with" : "not synced: see its alarms" };
}

/** Judges a node by what was published lately. Samples that are older than two minutes count as none. */
export function judgeNode(host: HostFacts, samples: NodeSamples, nowMs: number): NodeHealth {
  const figure = (metric: MetricName): number | undefined => {
    const newest = samples[metric]?.[0];
    return newest !== undefined && nowMs - newest.timeMs <= freshMs ? newest.value : undefined;
  };
  const disk = figure("DataVolumeUsedPercent");
  const volume = disk === undefined ? {} : { diskUsedPercent: disk };
  if (host.instanceState !== "running") return { state: "Down", why: `host is ${host.instanceState}` };
  const probe = figure("ProbeSuccess");
  if (probe === undefined)
    return { state: "Unknown", why: nowMs - host.launchedMs < bootMs ? "host is starting" : "host publishes nothing", ...volume };
  if (probe < 1) return { state: "Down", why: "does not answer its sync check", ...volume };
  const [height, lag, tipAgeSec, peers] = [figure("Height"), figure("BlocksBehind"), figure("TipAgeSeconds"), figure("Peers")];
  return {
    ...verdict(figure),
    ...(height === undefined ? {} : { height }),
    ...(lag === undefined ? {} : { lag }),
    ...(tipAgeSec === undefined ? {} : { tipAgeSec }),
    ...(peers === undefined ? {} : { peers }),
    ...volume,
  };
}
