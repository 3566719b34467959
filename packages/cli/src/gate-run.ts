import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";
import { SSMClient } from "@aws-sdk/client-ssm";
import { z } from "zod";
import type { Holder } from "@coinfleet/coordination";
import { awsSettings } from "./aws-call.ts";
import { canarySchema, snapshotBefore, wayBack } from "./canary-snapshot.ts";
import { CliError } from "./cli-error.ts";
import { Deadline } from "./deadline.ts";
import { formatDuration } from "@coinfleet/build/progress";
import { findNodes } from "./fleet-nodes.ts";
import type { Reporter } from "./reporter.ts";
import { lockingGroup, updateOf } from "./group-lock.ts";
import { hostStatus } from "./host-status.ts";
import { untilHealthy, wasSyncedBefore } from "./node-health.ts";
import { readParameter } from "./read-parameter.ts";
import { compareNodes } from "./settled-chain.ts";
import { documentFailed, isOnline, runDocument, type CommandEnd } from "./ssm-command.ts";

export const gateSchema = z.strictObject({
  environment: z.string(),
  region: z.string(),
  group: z.string(),
  node: z.string(),
  instanceId: z.string(),
  applyDocument: z.string(),
  statusDocument: z.string(),
  chainDocument: z.string(),
  coordinationTable: z.string(),
  parameters: z.string(),
  release: z.string(),
  blockIntervalSec: z.number(),
  stopTimeoutSec: z.number(),
  timeoutSec: z.number().positive(),
  /** Of the group's first node alone: it meets another release before the others do. */
  canary: canarySchema.optional(),
});

/** What the gate is told. */
export type GateInput = z.infer<typeof gateSchema>;

/** What the gate prints. No times, so that a repeated run gives no difference. */
export interface GateResult {
  readonly node: string;
  readonly release: string;
  readonly wasSynced: boolean;
  readonly isSynced: boolean;
}

const defaultPollMs = 5_000;

/** While a release does not run yet, its host is asked why on every so many looks: a restore may take days, or have failed at once. */
const looksPerStatus = 6;

interface Gate {
  readonly input: GateInput;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly cloudWatch: CloudWatchClient;
  readonly deadline: Deadline;
  readonly reporter: Reporter;
  /** Between two looks, milliseconds. */
  readonly pollMs: number;
}

function waitingFor({ input, deadline, reporter }: Gate, what: string): void {
  reporter.progress({
    what: `${input.node}: waiting for ${what} (limit ${formatDuration(input.timeoutSec)})`,
    done: Math.round(deadline.elapsedSec),
    unit: "s",
  });
}

function timedOut({ input }: Gate, waited: string, last: string): CliError {
  return new CliError("GateTimeout", {
    title: `${input.node} did not come through its gate.`,
    where: `${input.node} (${input.instanceId})`,
    got: `after ${formatDuration(input.timeoutSec)} still waiting for ${waited}; last seen: ${last}`,
    fix: `See \`coinfleet status\` and \`coinfleet logs ${input.node}\`. When the cause is gone, run the update again: it goes on at this gate.`,
    state: `${input.node} runs what its parameters say, as far as its host could; later nodes of ${input.group} have not been touched.`,
    isTransient: true,
  });
}

async function waitForHost(gate: Gate): Promise<void> {
  const { input, ssm, deadline } = gate;
  while (!(await isOnline(ssm, input.instanceId))) {
    if (deadline.hasPassed) throw timedOut(gate, "its host to answer SSM", "no SSM agent online");
    waitingFor(gate, "its host to answer SSM");
    await deadline.pause(gate.pollMs);
  }
}

async function apply(gate: Gate): Promise<void> {
  const { input, ssm, deadline } = gate;
  for (;;) {
    const end = await runDocument(ssm, input.applyDocument, input.instanceId, deadline, gate.pollMs, (id) =>
      waitingFor(gate, `${input.applyDocument} (${id}) to end`),
    );
    if (end === undefined) throw timedOut(gate, `${input.applyDocument} to end`, "still running");
    if (end.status === "Success") return;
    const wasNotDelivered = end.status === "DeliveryTimedOut" || end.status === "Undeliverable";
    if (!wasNotDelivered || deadline.hasPassed) throw documentFailed(input.applyDocument, input.node, input.instanceId, end);
    await waitForHost(gate);
  }
}

const runningSchema = z.looseObject({ release: z.string() });

/** What the host has written about itself, and when. */
async function readRunning({ input, ssm }: Gate): Promise<{ readonly release: string; readonly sinceMs: number } | undefined> {
  const found = await readParameter(ssm, `${input.parameters}/running`);
  if (found?.Value === undefined) return undefined;
  const parsed = runningSchema.safeParse(JSON.parse(found.Value));
  return parsed.success ? { release: parsed.data.release, sinceMs: found.LastModifiedDate?.getTime() ?? 0 } : undefined;
}

async function waitForRelease(gate: Gate): Promise<number> {
  const { input } = gate;
  const failed = (end: CommandEnd): CliError => documentFailed(input.statusDocument, input.node, input.instanceId, end);
  let host = "";
  for (let look = 1; ; look += 1) {
    const found = await readRunning(gate);
    if (found?.release === gate.input.release) return found.sinceMs;
    if (look % looksPerStatus === 0)
      host = (await hostStatus({ ...gate, document: input.statusDocument }, input.instanceId, failed)) ?? host;
    const last = `${found === undefined ? "the host has not reported a release" : `it runs ${found.release}`}${host}`;
    if (gate.deadline.hasPassed) throw timedOut(gate, `release ${gate.input.release} to run`, last);
    waitingFor(gate, `release ${gate.input.release} to run; ${last}`);
    await gate.deadline.pause(gate.pollMs);
  }
}

async function waitForHealth(gate: Gate, wasSynced: boolean, sinceMs: number): Promise<boolean> {
  const { input, cloudWatch, deadline, pollMs, reporter } = gate;
  const wanted = wasSynced ? "it to be synced again" : "it to be alive and progressing";
  const passed = await untilHealthy(cloudWatch, input, { wasSynced, sinceMs }, async (why) => {
    if (deadline.hasPassed) throw timedOut(gate, wanted, why);
    waitingFor(gate, `health; ${why}`);
    await deadline.pause(pollMs);
  });
  reporter.say(`${input.node}: passed: ${passed.why}`);
  return passed.isSynced;
}

/** Applies a node's parameters and waits until its group may go on. State lives in AWS only. @throws {@link CliError} */
export async function runGate(input: GateInput, reporter: Reporter, pollMs = defaultPollMs): Promise<GateResult> {
  const settings = awsSettings(input.region);
  const gate: Gate = {
    input,
    reporter,
    pollMs,
    ec2: new EC2Client(settings),
    ssm: new SSMClient(settings),
    cloudWatch: new CloudWatchClient(settings),
    deadline: new Deadline(input.timeoutSec),
  };
  const claim = { group: input.group, owner: updateOf(input.node), reason: `release ${input.release}` };
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
  const snapshotId = await secure(gate);
  try {
    await apply(gate);
    const appliedMs = Date.now();
    const runningSinceMs = await waitForRelease(gate);
    const isSynced = await waitForHealth(gate, wasSynced, Math.max(appliedMs, runningSinceMs));
    if (isSynced) await compareWithSiblings(gate);
    return { node: input.node, release: input.release, wasSynced, isSynced };
  } catch (error) {
    if (snapshotId !== undefined && input.canary !== undefined)
      reporter.say(`${input.node}: if ${input.release} is to blame: ${wayBack(snapshotId, input.canary)}`);
    throw error;
  }
}

/** Before a group's first node gets another release: a snapshot of its volume while nothing writes to it. @returns its id, where one was due */
async function secure(gate: Gate): Promise<string | undefined> {
  const { input } = gate;
  if (input.canary === undefined) return undefined;
  const running = await readRunning(gate);
  if (running === undefined || running.release === input.release) return undefined;
  const id = await snapshotBefore({ ...gate, ...input, volume: input.canary });
  if (id === undefined) throw timedOut(gate, "it to stop", `it runs ${running.release}`);
  return id;
}

/** A synced node that has other blocks than its siblings is not well, whatever it says of itself. Where no height is in both, there is nothing to say. */
async function compareWithSiblings(gate: Gate): Promise<void> {
  const { input, ec2, reporter } = gate;
  const nodes = await findNodes(ec2, { environment: input.environment });
  const siblings = nodes.filter(
    ({ group, node, instanceState }) => group === input.group && node !== input.node && instanceState === "running",
  );
  if (siblings.length === 0) return;
  const question = { ...gate, document: input.chainDocument };
  const compared = await compareNodes(question, input.instanceId, siblings);
  switch (compared.kind) {
    case "same":
      return reporter.say(`${input.node}: block ${compared.block.height} is the one of ${compared.nodes.join(", ")}`);
    case "unknown":
      return reporter.say(`${input.node}: no settled block to compare with its siblings yet`);
    case "different":
      throw new CliError("GateForked", {
        title: `${input.node} has another chain than its sibling.`,
        where: `${input.node} (${input.instanceId}), block ${compared.block.height}`,
        got: `${compared.block.hash}; on ${compared.node} it is ${compared.hash}`,
        fix: "Find out which of them is right before anything else: an explorer, or the coin's announcements of a hard fork. See docs/runbook.md#node-forked.",
        state: `${input.node} runs ${input.release}; later nodes of ${input.group} have not been touched.`,
      });
  }
}
