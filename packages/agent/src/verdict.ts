import type { HealthState, ResolvedHealth, SyncStatus } from "@coinfleet/sdk";
import { referenceIntervalSec } from "./tip-references.ts";

/** A height that somebody other than the node itself says the chain has. */
export interface Tip {
  readonly source: string;
  readonly kind: "reference" | "sibling";
  readonly height: number;
}

/** What one round of asking found. */
export interface Observation {
  /** Wall clock, Unix seconds: for the age of blocks. */
  readonly nowSec: number;
  /** Clock that never jumps, seconds: for how long a verdict has been held. */
  readonly elapsedSec: number;
  /** What the node said, or why it did not. */
  readonly probe: SyncStatus | { readonly problem: string };
  readonly tips: readonly Tip[];
  /** Whether a settled block differs from that of the other nodes. */
  readonly fork: "same" | "different" | "unknown";
}

/** What one verdict tells the next. */
export interface Memory {
  /** When enough tips last said "synced", on the clock that never jumps. */
  readonly confirmedAtSec: number | undefined;
}

/** Whether the node may be served, and why. */
export interface Verdict {
  readonly state: HealthState;
  readonly isSynced: boolean;
  readonly why: string;
  /** Median of the independent tips, where there are enough that agree. */
  readonly tip: number | undefined;
  readonly blocksBehind: number | undefined;
  readonly tipsDisagree: boolean;
  readonly memory: Memory;
}

/** How long "synced" is held on to while too few tips answer. */
export const maximumHoldSec = 1800;

/**
 * The verdict. Fail-closed: whatever is not known to be good is not synced. The only exception is a bounded time without tips, in which
 * the node's peers and the age of its tip speak for it, because a public service that is away must not take all nodes away.
 */
export function judge(observation: Observation, health: ResolvedHealth, memory: Memory): Verdict {
  const { probe, tips, elapsedSec, nowSec, fork } = observation;
  const tipsDisagree = spread(tips) > honestSpread(health);
  const common = { tipsDisagree, tip: undefined, blocksBehind: undefined, memory };
  if ("problem" in probe) return { ...common, state: "probe-failed", isSynced: false, why: probe.problem };

  const tip = independentTip(tips, probe, health);
  const blocksBehind = tip === undefined ? undefined : Math.max(0, tip - probe.height);
  const found = { ...common, tip, blocksBehind };
  const bad = ownFaults(probe, health, fork);
  if (bad !== undefined) return { ...found, ...bad, isSynced: false, memory: { confirmedAtSec: undefined } };

  const age = nowSec - probe.tipTimeSec;
  const isStale = age > health.maxTipAgeSec && !chainStandsStill(tips, probe, health);
  if (tip === undefined || blocksBehind === undefined) {
    return { ...found, ...withoutTips(observation, probe, health, memory, isStale) };
  }
  const behind = Math.max(blocksBehind, ownBelief(tips, probe));
  if (behind > health.maxBlocksBehind) {
    return { ...found, state: "behind", isSynced: false, why: `${behind} blocks behind`, memory: { confirmedAtSec: undefined } };
  }
  if (isStale)
    return {
      ...found,
      state: "stalled",
      isSynced: false,
      why: `the best block is ${Math.round(age)} s old`,
      memory: { confirmedAtSec: undefined },
    };
  return {
    ...found,
    state: "synced",
    isSynced: true,
    why: `at height ${probe.height}, tip ${tip}`,
    memory: { confirmedAtSec: elapsedSec },
  };
}

/** What is wrong with the node whatever others say. */
function ownFaults(probe: SyncStatus, health: ResolvedHealth, fork: Observation["fork"]): Pick<Verdict, "state" | "why"> | undefined {
  if (fork === "different") return { state: "forked", why: "a settled block differs from that of the other nodes" };
  if (probe.isInitialSync) return { state: "initial-sync", why: `catching up for the first time: ${probe.height} of ${probe.knownHeight}` };
  if (probe.peers < health.minimumPeers) return { state: "no-peers", why: `${probe.peers} peers, ${health.minimumPeers} wanted` };
  return undefined;
}

/** Too few tips, or tips that disagree: the last good verdict stands for a while. */
function withoutTips(
  { tips, elapsedSec }: Observation,
  probe: SyncStatus,
  health: ResolvedHealth,
  memory: Memory,
  isStale: boolean,
): Pick<Verdict, "state" | "isSynced" | "why" | "memory"> {
  const reason = tips.length < health.minimumTips ? `${tips.length} of ${health.minimumTips} tips answer` : "the tips disagree";
  const { confirmedAtSec } = memory;
  const isBehind = probe.knownHeight - probe.height > health.maxBlocksBehind;
  if (confirmedAtSec === undefined || isStale || isBehind) {
    return { state: "unknown", isSynced: false, why: reason, memory: isStale || isBehind ? { confirmedAtSec: undefined } : memory };
  }
  const left = maximumHoldSec - (elapsedSec - confirmedAtSec);
  if (left <= 0) return { state: "unknown", isSynced: false, why: `${reason} for ${maximumHoldSec} s`, memory };
  return { state: "holding", isSynced: true, why: `${reason}; synced before, held for another ${Math.round(left)} s`, memory };
}

/** The tip that the others agree on. A median, so that one of three who lies decides nothing; of two who disagree, nobody knows which. */
function independentTip(tips: readonly Tip[], probe: SyncStatus, health: ResolvedHealth): number | undefined {
  if (tips.length < Math.max(1, health.minimumTips)) return health.minimumTips === 0 ? probe.knownHeight : undefined;
  const heights = tips.map((tip) => tip.height).sort((a, b) => a - b);
  const lower = heights[Math.floor((heights.length - 1) / 2)];
  const upper = heights[Math.floor(heights.length / 2)];
  if (lower === undefined || upper === undefined || upper - lower > honestSpread(health)) return undefined;
  // What is more than the lag threshold could be a lie that empties a load balancer, or an answer that is old.
  return upper - lower > health.maxBlocksBehind ? lower : upper;
}

/** Blocks by which honest tips may differ: what is in flight, and what a chain makes, at its liveliest, while an answer of a reference counts. */
function honestSpread({ maxBlocksBehind, blockIntervalSec }: ResolvedHealth): number {
  const expected = referenceIntervalSec(blockIntervalSec) / blockIntervalSec;
  return maxBlocksBehind + Math.ceil(expected + 3 * Math.sqrt(expected));
}

/** Blocks behind by the node's own account. Peers can make that up, so a reference that answers outweighs it; siblings share its peers. */
function ownBelief(tips: readonly Tip[], probe: SyncStatus): number {
  return tips.some((tip) => tip.kind === "reference") ? 0 : probe.knownHeight - probe.height;
}

/** Two references see no newer block either: it is the chain that stands still, and not this node. */
function chainStandsStill(tips: readonly Tip[], probe: SyncStatus, health: ResolvedHealth): boolean {
  const references = tips.filter((tip) => tip.kind === "reference");
  return references.length >= 2 && references.every((tip) => tip.height <= probe.height + health.maxBlocksBehind);
}

function spread(tips: readonly Tip[]): number {
  const heights = tips.map((tip) => tip.height);
  return heights.length < 2 ? 0 : Math.max(...heights) - Math.min(...heights);
}
