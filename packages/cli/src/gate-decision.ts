import type { NodeSamples, Sample } from "./samples.ts";

/** How many samples in a row count as proof. */
const samplesInARow = 3;

/** Samples come every ten seconds; after a longer silence nobody knows what the node was in between. */
const longestSilenceMs = 60_000;

/** A new node that neither grows nor has peers has nobody to sync with: it passes after being alive for that long, seconds. */
export const lonelyGraceSec = 60;

/** What the gate found out before it touched anything. */
export interface GateCase {
  /** The node was synced before: it must be so again. */
  readonly wasSynced: boolean;
  /** Only samples after this moment count, Unix milliseconds. */
  readonly sinceMs: number;
  /** For how long it must be synced without a break, seconds. @default 0: three samples in a row */
  readonly soakSec?: number;
}

export type GateDecision =
  | { readonly kind: "pass"; readonly isSynced: boolean; readonly why: string }
  /** What it still waits for, for a person. */
  | { readonly kind: "wait"; readonly why: string };

/** A node that was synced at any time in the given samples was healthy. Read, not guessed: no samples, no health. */
export const wasSyncedIn = (samples: NodeSamples): boolean => (samples.Synced ?? []).some(({ value }) => value >= 1);

const latest = (samples: readonly Sample[] | undefined): number | undefined => samples?.[0]?.value;

/** What the newest samples say, for progress and errors. */
export function describeSamples(samples: NodeSamples): string {
  const probe = latest(samples.ProbeSuccess);
  if (probe === undefined) return "the agent has published nothing yet";
  if (probe < 1) return "the daemon does not answer its sync check";
  const parts = [latest(samples.Synced) === 1 ? "synced" : "not synced"];
  const [height, behind, peers] = [latest(samples.Height), latest(samples.BlocksBehind), latest(samples.Peers)];
  if (height !== undefined) parts.push(`height ${height}`);
  if (behind !== undefined) parts.push(`${behind} blocks behind`);
  if (peers !== undefined) parts.push(`${peers} peers`);
  if (latest(samples.InitialSync) === 1) parts.push("in initial sync");
  if (latest(samples.ForkDetected) === 1) parts.push("on a fork");
  return parts.join(", ");
}

/** The newest samples in a row that are 1 and leave no time out, newest first. */
function runOfOnes(samples: readonly Sample[] = []): readonly Sample[] {
  const end = samples.findIndex(
    ({ value, timeMs }, position) => value < 1 || (samples[position - 1]?.timeMs ?? timeMs) - timeMs > longestSilenceMs,
  );
  return end === -1 ? samples : samples.slice(0, end);
}

const spanSec = (run: readonly Sample[]): number => ((run[0]?.timeMs ?? 0) - (run.at(-1)?.timeMs ?? 0)) / 1000;

function isProgressing(samples: NodeSamples): boolean {
  const heights = (samples.Height ?? []).map(({ value }) => value);
  const hasGrown = heights.length > 1 && Math.max(...heights) > Math.min(...heights);
  return hasGrown || (latest(samples.Peers) ?? 0) > 0;
}

/**
 * Whether the group may go on to its next node. A node that was healthy must be healthy again; a new one, which may need days to sync, must be
 * alive and get on. Anything that is not known means: wait.
 */
export function decideGate({ wasSynced, sinceMs, soakSec = 0 }: GateCase, all: NodeSamples): GateDecision {
  const since = (samples: readonly Sample[] | undefined): readonly Sample[] => (samples ?? []).filter(({ timeMs }) => timeMs > sinceMs);
  const samples: NodeSamples = {
    ...all,
    ProbeSuccess: since(all.ProbeSuccess),
    Synced: since(all.Synced),
    Height: since(all.Height),
    Peers: since(all.Peers),
  };
  const aliveRun = runOfOnes(samples.ProbeSuccess);
  const syncedRun = runOfOnes(samples.Synced).slice(0, aliveRun.length);
  const [alive, synced] = [aliveRun.length, syncedRun.length];
  const state = describeSamples(samples);
  if (synced >= samplesInARow) {
    const sec = spanSec(syncedRun);
    if (sec >= soakSec) return { kind: "pass", isSynced: true, why: state };
    return { kind: "wait", why: `synced for ${Math.round(sec)} of ${soakSec} s of its trial; ${state}` };
  }
  if (wasSynced)
    return { kind: "wait", why: `it was synced before and must be again: ${synced} of ${samplesInARow} samples in a row; ${state}` };
  if (alive < samplesInARow) return { kind: "wait", why: `${alive} of ${samplesInARow} successful probes in a row; ${state}` };
  if (isProgressing(samples)) return { kind: "pass", isSynced: false, why: `new, alive and getting on: ${state}` };
  if (spanSec(aliveRun) >= lonelyGraceSec)
    return { kind: "pass", isSynced: false, why: `new and alive, with nobody to sync with: ${state}` };
  return { kind: "wait", why: `alive, but neither growing nor with peers yet (accepted after ${lonelyGraceSec} s); ${state}` };
}
