import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";
import { SSMClient } from "@aws-sdk/client-ssm";
import { formatDuration } from "@coinfleet/build/progress";
import type { Holder } from "@coinfleet/coordination";
import { patientSettings } from "./aws-call.ts";
import { forgetOlder, snapshotBefore } from "./canary-snapshot.ts";
import { Deadline } from "./deadline.ts";
import { askRegistry } from "./gate-scan.ts";
import {
  applyAndWait,
  isWanted,
  readRunning,
  setWanted,
  timedOut,
  waitForHost,
  waitingFor,
  type Gate,
  type GateInput,
  type Running,
} from "./gate-steps.ts";
import { lockingGroup, updateOf } from "./group-lock.ts";
import { isSyncedNow, wasSyncedBefore } from "./node-health.ts";
import type { Reporter } from "./reporter.ts";
import { rollBack } from "./roll-back.ts";

/** What the gate prints. No times, so that a repeated run gives no difference. */
export interface GateResult {
  readonly node: string;
  readonly release: string;
  readonly wasSynced: boolean;
  readonly isSynced: boolean;
}

const defaultPollMs = 5_000;

/** Applies a node's parameters and waits until its group may go on; a release that does not come through is taken back. State lives in AWS only. @throws {@link CliError} */
export async function runGate(input: GateInput, reporter: Reporter, pollMs = defaultPollMs): Promise<GateResult> {
  const settings = patientSettings(input.region);
  const gate: Gate = {
    input,
    reporter,
    pollMs,
    ec2: new EC2Client(settings),
    ssm: new SSMClient(settings),
    cloudWatch: new CloudWatchClient(settings),
    deadline: new Deadline(input.timeoutSec),
  };
  const claim = { group: input.group, owner: updateOf(input.node), reason: `release ${input.release.release}` };
  return lockingGroup(
    { ...input, claim, pollMs },
    (holder) => waitForOthers(gate, holder),
    () => passGate(gate),
  );
}

function waitForOthers(gate: Gate, { owner, reason }: Holder): void {
  if (gate.deadline.hasPassed) throw timedOut(gate, `${owner} to leave the group`, reason);
  waitingFor(gate, `${owner} to leave the group (${reason})`);
}

async function passGate(gate: Gate): Promise<GateResult> {
  const { input, reporter } = gate;
  const wasSynced = await wasSyncedBefore(gate.cloudWatch, input);
  reporter.say(`${input.node}: ${wasSynced ? "was synced, and must be again" : "is new or was not synced: must be alive and progressing"}`);
  await waitForHost(gate);
  const before = await readRunning(gate);
  const old = isWanted(input.release, before?.release) ? undefined : before;
  await askRegistry(gate, before);
  await setWanted(gate, input.release);
  const snapshotId = await secure(gate, old);
  const startedMs = Date.now();
  try {
    const isSynced = await applyAndWait(gate, { wasSynced, soakSec: old === undefined ? 0 : input.soakSec });
    if (old !== undefined) reporter.say(`${input.node}: from ${old.release} to ${input.release.release} in ${since(startedMs)}`);
    if (input.canary !== undefined && snapshotId !== undefined) await forgetOlder({ ...gate, volume: input.canary });
    return { node: input.node, release: input.release.release, wasSynced, isSynced };
  } catch (error) {
    if (old === undefined) throw error;
    throw await rollBack(gate, { old, wasSynced, snapshotId, cause: error });
  }
}

const since = (startedMs: number): string => formatDuration((Date.now() - startedMs) / 1000);

/** Before a group's first node gets another release: a snapshot of its volume while nothing writes to it. @returns its id, where one was due */
async function secure(gate: Gate, old: Running | undefined): Promise<string | undefined> {
  const { input } = gate;
  if (input.canary === undefined || old === undefined) return undefined;
  const isWell = await isSyncedNow(gate.cloudWatch, input);
  const id = await snapshotBefore({ ...gate, ...input, release: input.release.release, isWell, volume: input.canary });
  if (id === undefined) throw timedOut(gate, "it to stop", `it runs ${old.release}`);
  return id;
}
