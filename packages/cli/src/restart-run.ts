import { randomUUID } from "node:crypto";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";
import { SSMClient } from "@aws-sdk/client-ssm";
import { formatDuration } from "@coinfleet/build/progress";
import { coordinationTable } from "@coinfleet/sdk";
import { awsSettings } from "./aws-call.ts";
import { callerName } from "./caller.ts";
import { CliError } from "./cli-error.ts";
import { Deadline } from "./deadline.ts";
import { findOne, type NodeName } from "./find-node.ts";
import { findNodes, type FleetNode } from "./fleet-nodes.ts";
import { lockingGroup, openCoordination } from "./group-lock.ts";
import { untilHealthy, wasSyncedBefore } from "./node-health.ts";
import type { Reporter } from "./reporter.ts";
import { readSamples } from "./samples.ts";
import { documentFailed, runDocument } from "./ssm-command.ts";
import { freshMs, judgeNode, statusMetrics } from "./status/node-state.ts";

/** Which node, and whether its siblings have no say. */
export interface RestartOptions extends NodeName {
  readonly reason: string;
  /** `apply` restarts the node only where its parameters or secrets have changed. @default "restart" */
  readonly document?: "restart" | "apply";
  readonly isForced: boolean;
  readonly timeoutSec: number;
}

interface Restart {
  readonly options: RestartOptions;
  readonly node: FleetNode;
  readonly by: string;
  readonly cloudWatch: CloudWatchClient;
  readonly ssm: SSMClient;
  readonly deadline: Deadline;
  readonly reporter: Reporter;
  readonly pollMs: number;
}

const untouched = "Nothing has been changed.";
const force = "Wait, or go on all the same with --force.";

/** Those of some nodes that are not synced, each with why. */
export async function notSynced(cloudWatch: CloudWatchClient, nodes: readonly FleetNode[]): Promise<readonly string[]> {
  if (nodes.length === 0) return [];
  const nowMs = Date.now();
  const range = { fromMs: nowMs - freshMs - 60_000, toMs: nowMs + 10_000, periodSec: 10, statistic: "Maximum" } as const;
  const samplesOf = await readSamples(cloudWatch, nodes, statusMetrics, range);
  return nodes.flatMap((one) => {
    const { state, why } = judgeNode(one, samplesOf(one), nowMs);
    return state === "Synced" ? [] : [`${one.node} is ${state}${why === undefined ? "" : ` (${why})`}`];
  });
}

async function unhealthySiblings({ node, options, cloudWatch }: Restart): Promise<readonly string[]> {
  const all = await findNodes(new EC2Client(awsSettings(options.region)), { environment: node.environment });
  return notSynced(
    cloudWatch,
    all.filter((one) => one.group === node.group && one.node !== node.node),
  );
}

async function refuseWithoutSiblings(restart: Restart): Promise<void> {
  const bad = await unhealthySiblings(restart);
  if (bad.length === 0) return;
  if (restart.options.isForced) return restart.reporter.say(`${restart.node.node}: goes on, although ${bad.join(", ")}`);
  throw new CliError("SiblingNotHealthy", {
    title: "A sibling of the node is not synced: nobody would serve while the node restarts.",
    where: `${restart.node.group} of ${restart.node.environment}`,
    got: bad.join(", "),
    fix: force,
    state: untouched,
  });
}

function timedOut({ node, options }: Restart, waited: string): CliError {
  return new CliError("RestartTimeout", {
    title: `${node.node} has been told to restart and is not back.`,
    where: `${node.node} (${node.instanceId})`,
    got: `after ${formatDuration(options.timeoutSec)} still waiting for ${waited}`,
    fix: `See \`coinfleet status\` and \`coinfleet logs ${node.node}\`.`,
    state: `${node.node} goes on by itself; its siblings have not been touched.`,
    isTransient: true,
  });
}

async function restartAndWait(restart: Restart): Promise<void> {
  const { node, options, by, cloudWatch, ssm, deadline, reporter, pollMs } = restart;
  const wasSynced = await wasSyncedBefore(cloudWatch, node);
  const { environment, group } = node;
  const table = openCoordination(coordinationTable(environment), options.region);
  await table.record({ group, node: node.node, kind: "restart", why: options.reason, by });
  const document = `coinfleet-${environment}-${options.document ?? "restart"}`;
  const waiting = (what: string): void =>
    reporter.progress({ what: `${node.node}: waiting for ${what}`, done: Math.round(deadline.elapsedSec), unit: "s" });
  const end = await runDocument(ssm, document, node.instanceId, deadline, pollMs, () => waiting("it to stop and start again"));
  if (end === undefined) throw timedOut(restart, `${document} to end`);
  if (end.status !== "Success") throw documentFailed(document, node.node, node.instanceId, end);
  const passed = await untilHealthy(cloudWatch, node, { wasSynced, sinceMs: Date.now() }, async (why) => {
    if (deadline.hasPassed) throw timedOut(restart, `health; ${why}`);
    waiting(`health; ${why}`);
    await deadline.pause(pollMs);
  });
  reporter.say(`${node.node}: restarted; ${passed.why}`);
}

/** Restarts a node by SSM and waits until it is well, one node of a group at a time. @throws {@link CliError} */
export async function restartNode(options: RestartOptions, reporter: Reporter, pollMs = 5000): Promise<void> {
  const settings = awsSettings(options.region);
  const node = await findOne(options);
  const by = await callerName(options.region);
  const [cloudWatch, ssm] = [new CloudWatchClient(settings), new SSMClient(settings)];
  const restart: Restart = { options, node, by, cloudWatch, ssm, reporter, pollMs, deadline: new Deadline(options.timeoutSec) };
  await refuseWithoutSiblings(restart);
  const table = coordinationTable(node.environment);
  const claim = { group: node.group, owner: `restart of ${node.node} by ${by} ${randomUUID().slice(0, 8)}`, reason: options.reason };
  if (options.isForced && (await openCoordination(table, options.region).acquire(claim, 1)) !== undefined) {
    reporter.say(`${node.node}: goes on, although somebody else has the group`);
    return restartAndWait(restart);
  }
  await lockingGroup(
    { coordinationTable: table, region: options.region, claim, pollMs },
    ({ owner, reason, untilMs }) => {
      throw new CliError("GroupBusy", {
        title: "Somebody works on a node of the group.",
        where: `${node.group} of ${node.environment}`,
        got: `${owner} (${reason}), at least until ${new Date(untilMs).toISOString()}`,
        fix: force,
        state: untouched,
      });
    },
    () => restartAndWait(restart),
  );
}
