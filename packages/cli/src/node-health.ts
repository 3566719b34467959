import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { decideGate, wasSyncedIn, type GateCase, type GateDecision } from "./gate-decision.ts";
import { readSamples, type MetricNode } from "./samples.ts";

const metrics = ["ProbeSuccess", "Synced", "Height", "Peers", "BlocksBehind", "InitialSync", "ForkDetected"] as const;

// A day, not minutes: a node that failed its gate this morning was still healthy yesterday, and a second run must not wave it through.
const lookBackMs = 24 * 3_600_000;
const lookBackPeriodSec = 300;

/** Whether the node was synced at any time of the last day. */
export const wasSyncedBefore = (cloudWatch: CloudWatchClient, node: MetricNode): Promise<boolean> =>
  wasSyncedWithin(cloudWatch, node, lookBackMs, lookBackPeriodSec);

const day15Ms = 15 * 24 * 3_600_000;

/** Whether the node was synced at any time since then. CloudWatch keeps minutes for 15 days, and hours for 15 months. */
export const wasSyncedSince = async (cloudWatch: CloudWatchClient, node: MetricNode, sinceMs: number): Promise<boolean> => {
  const ms = Date.now() - sinceMs;
  if (ms <= 0) return false;
  return wasSyncedWithin(cloudWatch, node, ms, ms < day15Ms ? 60 : 3600);
};

// Three samples: what a node was before it went away is no longer among them.
const nowMs = 30_000;

/** Whether the node says that it is synced. */
export const isSyncedNow = (cloudWatch: CloudWatchClient, node: MetricNode): Promise<boolean> =>
  wasSyncedWithin(cloudWatch, node, nowMs, 10);

async function wasSyncedWithin(cloudWatch: CloudWatchClient, node: MetricNode, ms: number, periodSec: number): Promise<boolean> {
  const toMs = Date.now();
  const range = { fromMs: toMs - ms, toMs, periodSec, statistic: "Maximum" } as const;
  return wasSyncedIn((await readSamples(cloudWatch, [node], ["Synced"], range))(node));
}

/** Looks until the node is as well as it was. `wait` is told what is missing, and throws to give up. */
export async function untilHealthy(
  cloudWatch: CloudWatchClient,
  node: MetricNode,
  gate: GateCase,
  wait: (why: string) => Promise<void>,
): Promise<Extract<GateDecision, { kind: "pass" }>> {
  for (;;) {
    const toMs = Date.now() + 10_000;
    const range = { fromMs: Math.max(gate.sinceMs - 60_000, toMs - 3 * 3_600_000), toMs, periodSec: 10, statistic: "Minimum" } as const;
    const decision = decideGate(gate, (await readSamples(cloudWatch, [node], metrics, range))(node));
    if (decision.kind === "pass") return decision;
    await wait(decision.why);
  }
}
