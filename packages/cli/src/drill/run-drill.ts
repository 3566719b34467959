import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";
import { SSMClient } from "@aws-sdk/client-ssm";
import { formatDuration } from "@coinfleet/build/progress";
import type { DrillPlan } from "@coinfleet/sdk";
import { awsSettings } from "../aws-call.ts";
import { CliError } from "../cli-error.ts";
import { Deadline } from "../deadline.ts";
import type { Reporter } from "../reporter.ts";
import { daysSince, publish, readRecord, writeRecord, type DrillRecord } from "./record.ts";
import { findSnapshots, markSnapshot, type GroupSnapshot } from "./snapshots.ts";
import { launch, removeAll, type ThrowAway, type Workshop } from "./throw-away.ts";
import { takeTurn } from "./turn.ts";
import { compareWithGroup, heightAt, snapshotFailed, untilSynced, type Watch } from "./watch-node.ts";

/** What of the drills of an environment is asked for. */
export interface DrillOptions {
  readonly environment: string;
  readonly region?: string | undefined;
  /** Time for the node to be synced, seconds. */
  readonly limitSec: number;
  /** Raised when the command is to end early: it then still removes what it has made. */
  readonly stop: AbortSignal;
}

/** A drill that ended well. */
export interface DrillResult {
  readonly group: string;
  readonly snapshotId: string;
  readonly takenAt: string;
  /** Recovery time: from the launch until the node was synced. */
  readonly recoverySec: number;
  /** Recovery point: age of the snapshot at the launch. */
  readonly dataAgeSec: number;
  /** The settled block that it was compared at, and with whom. */
  readonly block: { readonly height: number; readonly hash: string };
  readonly sameAs: readonly string[];
}

/** AWS clients, in one pace. */
export interface DrillClients {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly cloudWatch: CloudWatchClient;
  readonly pollMs: number;
}

/** What is made has this long to go, seconds: EC2 needs a minute or two. */
const removalSec = 900;

export function drillClients(region: string | undefined, pollMs = 5_000): DrillClients {
  const settings = awsSettings(region);
  return { ec2: new EC2Client(settings), ssm: new SSMClient(settings), cloudWatch: new CloudWatchClient(settings), pollMs };
}

/**
 * One drill: a node from the group's newest snapshot, until it is synced and has the group's chain. Whatever happens, everything that it made is removed, and
 * what an earlier one has left behind too. @throws {@link CliError} when the snapshot is no good, or the drill could not be held
 */
export async function runDrill(plan: DrillPlan, options: DrillOptions, clients: DrillClients, reporter: Reporter): Promise<DrillResult> {
  const { environment } = options;
  const workshop: Workshop = { environment, plan, ...clients };
  const turn = await takeTurn(clients.ssm, environment, plan.group);
  let snapshot: GroupSnapshot | undefined;
  try {
    await clear(workshop, reporter, "left by an earlier drill");
    [snapshot] = await findSnapshots(clients.ec2, plan.backup);
    if (snapshot === undefined) throw noSnapshot(plan);
    const result = await hold(workshop, clients, snapshot, options, reporter);
    await recordSuccess(workshop, clients, result);
    return result;
  } catch (error) {
    const why = options.stop.aborted ? "it was told to stop" : error instanceof Error ? error.message : String(error);
    const isVerdict = error instanceof CliError && error.name === "DrillFailed";
    await recordFailure(workshop, clients, snapshot, { why, isVerdict }).catch((also: unknown) => {
      reporter.say(`${plan.group}: the failure could not be recorded: ${also instanceof Error ? also.message : String(also)}`);
    });
    throw error;
  } finally {
    await clear(workshop, reporter, "removed");
    await turn.end();
  }
}

async function hold(
  workshop: Workshop,
  { cloudWatch }: DrillClients,
  snapshot: GroupSnapshot,
  { limitSec, stop }: DrillOptions,
  reporter: Reporter,
): Promise<DrillResult> {
  const { plan } = workshop;
  const deadline = new Deadline(limitSec);
  const takenAt = new Date(snapshot.takenMs).toISOString();
  reporter.say(`${plan.group}: ${snapshot.id} of ${snapshot.node}, taken at ${takenAt}`);
  const node: ThrowAway = await launch(workshop, snapshot.id, deadline);
  reporter.say(`${plan.group}: ${node.instanceId} starts from it (${node.volumeId})`);
  const watch: Watch = { workshop, node, cloudWatch, deadline, reporter, stop };
  const { seconds, firstHeight } = await untilSynced(watch);
  reporter.say(`${plan.group}: synced after ${formatDuration(seconds)}, from height ${firstHeight ?? "unknown"} on`);
  const expected = await heightAt(cloudWatch, workshop, snapshot.takenMs);
  // A node that began from nothing has proved the network, and not the snapshot. Half, because a crash may cost what was not flushed.
  if (expected !== undefined && firstHeight !== undefined && firstHeight < expected / 2)
    throw snapshotFailed(watch, `it began at height ${firstHeight}, where the group was at ${expected} when the snapshot was taken`);
  const compared = await compareWithGroup(watch);
  switch (compared.kind) {
    case "unknown":
      throw snapshotFailed(watch, "there is no settled block that it and a node of the group both name");
    case "different":
      throw snapshotFailed(
        watch,
        `block ${compared.block.height} is ${compared.block.hash} there, and ${compared.hash} on ${compared.node}`,
      );
    case "same":
      return {
        group: plan.group,
        snapshotId: snapshot.id,
        takenAt,
        recoverySec: Math.round(seconds),
        dataAgeSec: Math.round((node.launchedMs - snapshot.takenMs) / 1000),
        block: compared.block,
        sameAs: compared.nodes,
      };
  }
}

async function clear(workshop: Workshop, reporter: Reporter, how: string): Promise<void> {
  const removed = await removeAll(workshop, new Deadline(removalSec));
  if (removed.length > 0) reporter.say(`${workshop.plan.group}: ${how}: ${removed.join(", ")}`);
}

async function recordSuccess(
  { environment, plan: { group } }: Workshop,
  { ec2, ssm, cloudWatch }: DrillClients,
  { snapshotId, recoverySec, dataAgeSec }: DrillResult,
): Promise<void> {
  const at = new Date().toISOString();
  await markSnapshot(ec2, snapshotId, { provenAt: at });
  await writeRecord(ssm, environment, group, { good: { at, snapshotId, recoverySec, dataAgeSec }, last: { at, snapshotId } });
  await publish(cloudWatch, environment, group, {
    DrillSucceeded: 1,
    DrillRecoverySeconds: recoverySec,
    DrillDataAgeSeconds: dataAgeSec,
    DaysSinceDrill: 0,
  });
}

/** `isVerdict`: the snapshot is to blame, and says so from now on. */
async function recordFailure(
  { environment, plan: { group } }: Workshop,
  { ec2, ssm, cloudWatch }: DrillClients,
  snapshot: GroupSnapshot | undefined,
  { why, isVerdict }: { readonly why: string; readonly isVerdict: boolean },
): Promise<void> {
  const at = new Date().toISOString();
  if (isVerdict && snapshot !== undefined) await markSnapshot(ec2, snapshot.id, { failed: at });
  const before = await readRecord(ssm, environment, group);
  const last: DrillRecord["last"] = { at, why: why.slice(0, 1000), ...(snapshot === undefined ? {} : { snapshotId: snapshot.id }) };
  await writeRecord(ssm, environment, group, { ...(before?.good === undefined ? {} : { good: before.good }), last });
  await publish(cloudWatch, environment, group, { DrillSucceeded: 0, DaysSinceDrill: daysSince(before, Date.now()) });
}

function noSnapshot({ group, backup }: DrillPlan): CliError {
  return new CliError("NoSnapshot", {
    title: `${group} has no snapshot to start from.`,
    where: `snapshots with the tag coinfleet:backup = ${backup}`,
    got: "none that is complete",
    fix: "Snapshots are taken at the time that the stack file says (`backup`). If that has passed: is the lifecycle policy in error?",
    state: "Nothing has been made.",
  });
}
