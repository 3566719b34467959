import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { findNodes } from "../fleet-nodes.ts";
import { CliError } from "../cli-error.ts";
import type { Deadline } from "../deadline.ts";
import { describeSamples } from "../gate-decision.ts";
import type { Reporter } from "../reporter.ts";
import { readSamples, type NodeSamples } from "../samples.ts";
import { documentFailed, isOnline, type CommandEnd } from "../ssm-command.ts";
import type { Comparison } from "../compare-chains.ts";
import { hostStatus } from "../host-status.ts";
import { compareNodes } from "../settled-chain.ts";
import type { ThrowAway, Workshop } from "./throw-away.ts";

/** A throw-away node that is being watched. */
export interface Watch {
  readonly workshop: Workshop;
  /** What it was started from. @example "newest snapshot" */
  readonly what: string;
  readonly node: ThrowAway;
  readonly cloudWatch: CloudWatchClient;
  readonly deadline: Deadline;
  readonly reporter: Reporter;
  readonly stop: AbortSignal;
}

const samplesInARow = 3;
/** A daemon that has ended this often and never answered will not do so the next time. */
const endsAtMost = 5;
/** While nothing is heard of it, its host is asked how far it is on every so many looks. */
const looksPerStatus = 6;
/** Without progress of the others there is no height that two nodes name: a slow chain settles ten blocks in hours. */
const looksForSharedBlock = 60;

const metrics = ["ProbeSuccess", "Synced", "Height", "Peers", "BlocksBehind", "InitialSync", "ForkDetected", "Restarts"] as const;

/** How a node came to be synced. */
export interface Recovery {
  readonly seconds: number;
  /** The first height that it named. */
  readonly firstHeight: number | undefined;
}

/** An error that says the snapshot is no good: the node ran, and was not what it should be. */
export function snapshotFailed({ workshop: { plan }, what, node }: Pick<Watch, "workshop" | "what" | "node">, got: string): CliError {
  return new CliError("DrillFailed", {
    title: `The ${what} of ${plan.group} does not become a node.`,
    where: `${plan.node} (${node.instanceId}, ${node.volumeId})`,
    got,
    fix: `Read what its daemons said: in the log group of ${plan.group}, under ${plan.node}/. The next drill takes the newest one again.`,
    state: "The group's nodes have not been touched.",
  });
}

/** Waits until the node is synced by its own agent's verdict. @throws {@link CliError} when it cannot be, or not in time */
export async function untilSynced(watch: Watch): Promise<Recovery> {
  const { workshop, node, cloudWatch, deadline, reporter, stop } = watch;
  const { environment, plan, pollMs } = workshop;
  let firstHeight: number | undefined;
  let host = "";
  for (let look = 1; ; look += 1) {
    stop.throwIfAborted();
    const toMs = Date.now() + 10_000;
    const range = { fromMs: Math.max(node.launchedMs, toMs - 3 * 3_600_000), toMs, periodSec: 10, statistic: "Minimum" } as const;
    const samples = (await readSamples(cloudWatch, [{ environment, node: plan.node }], metrics, range))({ environment, node: plan.node });
    firstHeight ??= samples.Height?.at(-1)?.value;
    const newest = (samples.Synced ?? []).slice(0, samplesInARow);
    if (newest.length === samplesInARow && newest.every(({ value }) => value === 1))
      return { seconds: ((newest.at(-1)?.timeMs ?? 0) - node.launchedMs) / 1000, firstHeight };
    const isHopeless = (samples.Restarts?.[0]?.value ?? 0) >= endsAtMost && !(samples.ProbeSuccess ?? []).some(({ value }) => value === 1);
    if (isHopeless) throw snapshotFailed(watch, `its daemons have ended ${endsAtMost} times without ever answering${host}`);
    if (look % looksPerStatus === 0 && samples.Synced?.[0]?.value !== 1) host = await askHost(watch);
    const last = `${describeSamples(samples)}${host}`;
    if (deadline.hasPassed) throw snapshotFailed(watch, `it is not synced at the end of its time: ${last}`);
    reporter.progress({ what: `${plan.node}: waiting for it to be synced; ${last}`, done: Math.round(deadline.elapsedSec), unit: "s" });
    await deadline.pause(pollMs);
  }
}

async function askHost(watch: Watch): Promise<string> {
  const { workshop, node, deadline } = watch;
  const { ssm, plan, pollMs } = workshop;
  if (!(await isOnline(ssm, node.instanceId))) return "; its host does not answer SSM yet";
  const document = plan.documents.status;
  const failed = (end: CommandEnd): CliError => snapshotFailed(watch, documentFailed(document, plan.node, node.instanceId, end).message);
  return (await hostStatus({ ssm, document, deadline, pollMs }, node.instanceId, failed)) ?? "";
}

/** Compares the node's settled blocks with those of the group's nodes, and waits for a height that two of them name. */
export async function compareWithGroup(watch: Watch): Promise<Comparison> {
  const { workshop, node, deadline, reporter, stop } = watch;
  const { ec2, ssm, environment, plan, pollMs } = workshop;
  const question = { ssm, document: plan.documents.chain, deadline, pollMs };
  const group = (await findNodes(ec2, { environment })).filter((one) => plan.nodes.includes(one.node) && one.instanceState === "running");
  for (let look = 1; ; look += 1) {
    stop.throwIfAborted();
    const compared = await compareNodes(question, node.instanceId, group);
    if (compared.kind !== "unknown" || look === looksForSharedBlock || deadline.hasPassed) return compared;
    reporter.progress({ what: `${plan.node}: waiting for a settled block that the group has too`, done: look, total: looksForSharedBlock });
    await deadline.pause(pollMs);
  }
}

/** The group's height when a snapshot was taken; undefined where CloudWatch remembers none. */
export async function heightAt(
  cloudWatch: CloudWatchClient,
  { environment, plan }: Workshop,
  takenMs: number,
): Promise<number | undefined> {
  const nodes = plan.nodes.map((node) => ({ environment, node }));
  const around = 10 * 60_000;
  const range = { fromMs: takenMs - around, toMs: takenMs + around, periodSec: 300, statistic: "Minimum" } as const;
  const samplesOf = await readSamples(cloudWatch, nodes, ["Height"], range);
  const heights = nodes.flatMap((node) => ((samplesOf(node) satisfies NodeSamples).Height ?? []).map(({ value }) => value));
  return heights.length === 0 ? undefined : Math.min(...heights);
}
