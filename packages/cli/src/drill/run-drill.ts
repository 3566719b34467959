import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";
import { SSMClient } from "@aws-sdk/client-ssm";
import { formatDuration } from "@coinfleet/build/progress";
import type { DrillPlan } from "@coinfleet/sdk";
import { awsSettings } from "../aws-call.ts";
import { CliError } from "../cli-error.ts";
import { Deadline } from "../deadline.ts";
import type { Reporter } from "../reporter.ts";
import { bringBack } from "./bring-back.ts";
import { daysSince, drillMetrics, publish, readRecord, writeRecord, type DrillOf, type DrillRecord, type DrillsOf } from "./record.ts";
import { findSubject, type Subject } from "./subject.ts";
import { markSnapshot } from "./snapshots.ts";
import { launch, removeAll, type ThrowAway, type Workshop } from "./throw-away.ts";
import { takeTurn } from "./turn.ts";
import { compareWithGroup, heightAt, snapshotFailed, untilSynced, type Watch } from "./watch-node.ts";

/** What of the drills of an environment is asked for. */
export interface DrillOptions {
  readonly environment: string;
  readonly region?: string | undefined;
  /** Time for the node to be synced, seconds. */
  readonly limitSec: number;
  /** Time for a copied snapshot to come back from its region, seconds. */
  readonly copyLimitSec: number;
  /** Raised when the command is to end early: it then still removes what it has made. */
  readonly stop: AbortSignal;
}

/** A drill that ended well. */
export interface DrillResult {
  readonly group: string;
  readonly of: DrillOf;
  readonly snapshotId: string;
  /** Region of a copied snapshot; absent: the environment's own. */
  readonly copiedTo?: string;
  /** When the data was taken: the time of a copied snapshot is that of its original, as long as there is that. */
  readonly takenAt: string;
  /** Recovery time: from the launch, or from the call for a copy, until the node was synced. */
  readonly recoverySec: number;
  /** Recovery point: age of the data at that moment. */
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
  /** EC2 of another region. */
  readonly ec2In: (region: string) => EC2Client;
  readonly pollMs: number;
}

/** What is made has this long to go, seconds: EC2 needs a minute or two. */
const removalSec = 900;

export function drillClients(region: string | undefined, pollMs = 5_000): DrillClients {
  const settings = awsSettings(region);
  return {
    ec2: new EC2Client(settings),
    ssm: new SSMClient(settings),
    cloudWatch: new CloudWatchClient(settings),
    ec2In: (other) => new EC2Client(awsSettings(other)),
    pollMs,
  };
}

/**
 * One drill: a node from the group's newest snapshot, or from its newest copy in the other region, until it is synced and has the group's chain. Whatever happens,
 * everything that it made is removed, and what an earlier one has left behind too.
 * @throws {@link CliError} when the snapshot is no good, or the drill could not be held
 */
export async function runDrill(
  plan: DrillPlan,
  of: DrillOf,
  options: DrillOptions,
  clients: DrillClients,
  reporter: Reporter,
): Promise<DrillResult> {
  const { environment } = options;
  const drill: Drill = { workshop: { environment, plan, ...clients }, of, clients, options, reporter };
  const turn = await takeTurn(clients.ssm, environment, plan.group);
  let subject: Subject | undefined;
  try {
    await clear(drill, "left by an earlier drill");
    subject = await findSubject(plan, of, clients);
    const result = await hold(drill, subject);
    await recordSuccess(drill, subject, result);
    return result;
  } catch (error) {
    const why = options.stop.aborted ? "it was told to stop" : error instanceof Error ? error.message : String(error);
    const isVerdict = error instanceof CliError && error.name === "DrillFailed";
    await recordFailure(drill, subject, { why, isVerdict }).catch((also: unknown) => {
      reporter.say(`${plan.group}: the failure could not be recorded: ${also instanceof Error ? also.message : String(also)}`);
    });
    throw error;
  } finally {
    await clear(drill, "removed");
    await turn.end();
  }
}

interface Drill {
  readonly workshop: Workshop;
  readonly of: DrillOf;
  readonly clients: DrillClients;
  readonly options: DrillOptions;
  readonly reporter: Reporter;
}

async function hold(drill: Drill, subject: Subject): Promise<DrillResult> {
  const { workshop, of, clients, options, reporter } = drill;
  const { cloudWatch } = clients;
  const { plan } = workshop;
  const { snapshot, copiedTo } = subject;
  const takenAt = new Date(snapshot.takenMs).toISOString();
  reporter.say(`${plan.group}: ${subject.what} is ${snapshot.id} of ${snapshot.node}, taken at ${takenAt}`);
  const beganMs = Date.now();
  const snapshotHere = await here(drill, subject);
  const deadline = new Deadline(options.limitSec);
  const node: ThrowAway = await launch(workshop, snapshotHere, deadline);
  reporter.say(`${plan.group}: ${node.instanceId} starts from it (${node.volumeId})`);
  const watch: Watch = { workshop, what: subject.what, node, cloudWatch, deadline, reporter, stop: options.stop };
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
        of,
        snapshotId: snapshot.id,
        ...(copiedTo === undefined ? {} : { copiedTo }),
        takenAt,
        recoverySec: Math.round(seconds + (node.launchedMs - beganMs) / 1000),
        dataAgeSec: Math.round((beganMs - snapshot.takenMs) / 1000),
        block: compared.block,
        sameAs: compared.nodes,
      };
  }
}

/** The snapshot to start from: a copied one comes back first, because the environment's network is in its own region alone. */
async function here({ workshop, options: { copyLimitSec, stop }, reporter }: Drill, { snapshot, copiedTo }: Subject): Promise<string> {
  if (copiedTo === undefined) return snapshot.id;
  const deadline = new Deadline(copyLimitSec);
  const id = await bringBack({ workshop, id: snapshot.id, region: copiedTo, deadline, reporter, stop });
  reporter.say(`${workshop.plan.group}: back from ${copiedTo} as ${id} after ${formatDuration(deadline.elapsedSec)}`);
  return id;
}

async function clear({ workshop, reporter }: Drill, how: string): Promise<void> {
  const removed = await removeAll(workshop, new Deadline(removalSec));
  if (removed.length > 0) reporter.say(`${workshop.plan.group}: ${how}: ${removed.join(", ")}`);
}

const drillsOf = ({ workshop: { environment, plan }, of }: Drill): DrillsOf => ({ environment, group: plan.group, of });

async function recordSuccess(drill: Drill, { ec2 }: Subject, { snapshotId, recoverySec, dataAgeSec }: DrillResult): Promise<void> {
  const { ssm, cloudWatch } = drill.clients;
  const at = new Date().toISOString();
  await markSnapshot(ec2, snapshotId, { provenAt: at });
  await writeRecord(ssm, drillsOf(drill), { good: { at, snapshotId, recoverySec, dataAgeSec }, last: { at, snapshotId } });
  const metrics = drillMetrics[drill.of];
  await publish(cloudWatch, drillsOf(drill), {
    [metrics.succeeded]: 1,
    [metrics.recoverySec]: recoverySec,
    [metrics.dataAgeSec]: dataAgeSec,
    [metrics.daysSince]: 0,
  });
}

/** `isVerdict`: the snapshot is to blame, and says so from now on. */
async function recordFailure(
  drill: Drill,
  subject: Subject | undefined,
  { why, isVerdict }: { readonly why: string; readonly isVerdict: boolean },
): Promise<void> {
  const { ssm, cloudWatch } = drill.clients;
  const at = new Date().toISOString();
  if (isVerdict && subject !== undefined) await markSnapshot(subject.ec2, subject.snapshot.id, { failed: at });
  const before = await readRecord(ssm, drillsOf(drill));
  const last: DrillRecord["last"] = {
    at,
    why: why.slice(0, 1000),
    ...(subject === undefined ? {} : { snapshotId: subject.snapshot.id }),
  };
  await writeRecord(ssm, drillsOf(drill), { ...(before?.good === undefined ? {} : { good: before.good }), last });
  const metrics = drillMetrics[drill.of];
  await publish(cloudWatch, drillsOf(drill), { [metrics.succeeded]: 0, [metrics.daysSince]: daysSince(before, Date.now()) });
}
