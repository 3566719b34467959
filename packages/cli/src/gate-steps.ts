import { isDeepStrictEqual } from "node:util";
import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { StartInstancesCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { z } from "zod";
import { formatDuration } from "@coinfleet/build/progress";
import { calling } from "./aws-call.ts";
import { canarySchema } from "./canary-snapshot.ts";
import { CliError } from "./cli-error.ts";
import { Deadline } from "./deadline.ts";
import { findNodes } from "./fleet-nodes.ts";
import { hostStatus } from "./host-status.ts";
import { instanceState } from "./instance-state.ts";
import { untilHealthy } from "./node-health.ts";
import { readParameter } from "./read-parameter.ts";
import type { Reporter } from "./reporter.ts";
import { compareNodes } from "./settled-chain.ts";
import { documentFailed, isOnline, runDocument, type CommandEnd } from "./ssm-command.ts";

const namedRelease = z.object({
  release: z.string(),
  images: z.record(z.string(), z.string()),
  versions: z.record(z.string(), z.string()),
});

/** What a node's parameter `release` holds. When the next one is due is the host's business. */
const releaseSchema = namedRelease.extend({
  next: namedRelease.extend({ at: z.record(z.string(), z.union([z.string(), z.number()])) }).optional(),
});

export const gateSchema = z.strictObject({
  environment: z.string(),
  region: z.string(),
  group: z.string(),
  node: z.string(),
  instanceId: z.string(),
  applyDocument: z.string(),
  drainDocument: z.string(),
  statusDocument: z.string(),
  chainDocument: z.string(),
  coordinationTable: z.string(),
  parameters: z.string(),
  release: releaseSchema,
  /** Images that somebody answers for whatever their scan finds. */
  accepted: z.array(z.strictObject({ image: z.string(), owner: z.string(), reason: z.string(), expires: z.iso.date() })).optional(),
  stopTimeoutSec: z.number(),
  /** For how long another release than before must keep the node synced, seconds. */
  soakSec: z.number().nonnegative(),
  /** How long the node may take to be as well as it was once it has been told to start, seconds. The trial is added. */
  limitSec: z.number().positive(),
  /** How long all that goes before may take, with a stop, seconds. */
  timeoutSec: z.number().positive(),
  /** Of the group's first node alone: it meets another release before the others do. */
  canary: canarySchema.optional(),
});

/** What the gate is told. */
export type GateInput = z.infer<typeof gateSchema>;

/** A release as its parameter names it: images by digest and versions, by client. */
export type WantedRelease = z.infer<typeof releaseSchema>;

/** Whether what runs is what a node shall run: its release, or the next one, which its host has taken by itself and never leaves. */
export const isWanted = ({ release, next }: WantedRelease, running: string | undefined): boolean =>
  running !== undefined && [release, next?.release].includes(running);

/** One way of a node through its gate. */
export interface Gate {
  readonly input: GateInput;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly cloudWatch: CloudWatchClient;
  readonly deadline: Deadline;
  readonly reporter: Reporter;
  /** Between two looks, milliseconds. */
  readonly pollMs: number;
}

/** While a node is not well yet, its host is asked why on every so many looks: a restore may take days, or have failed at once. */
const looksPerStatus = 6;

export function waitingFor({ input, deadline, reporter }: Gate, what: string): void {
  reporter.progress({
    what: `${input.node}: waiting for ${what} (limit ${formatDuration(deadline.limitSec)})`,
    done: Math.round(deadline.elapsedSec),
    unit: "s",
  });
}

export function timedOut({ input, deadline }: Gate, waited: string, last: string): CliError {
  return new CliError("GateTimeout", {
    title: `${input.node} did not come through its gate.`,
    where: `${input.node} (${input.instanceId})`,
    got: `after ${formatDuration(deadline.limitSec)} still waiting for ${waited}; last seen: ${last}`,
    fix: `See \`coinfleet status\` and \`coinfleet logs ${input.node}\`. When the cause is gone, run the update again: it goes on at this gate.`,
    state: `${input.node} runs what its parameters say, as far as its host could; later nodes of ${input.group} have not been touched.`,
    isTransient: true,
  });
}

/**
 * Starts a host that is stopped: where only the volume is another one, the provider stops the instance to take the old one off, and leaves it so.
 * @throws {@link CliError} when the host stays silent
 */
export async function waitForHost(gate: Gate): Promise<void> {
  const { input, ssm, deadline } = gate;
  await startStopped(gate);
  while (!(await isOnline(ssm, input.instanceId))) {
    if (deadline.hasPassed) throw timedOut(gate, "its host to answer SSM", "no SSM agent online");
    waitingFor(gate, "its host to answer SSM");
    await deadline.pause(gate.pollMs);
  }
}

async function startStopped(gate: Gate): Promise<void> {
  const { input, ec2, deadline, reporter } = gate;
  for (;;) {
    const state = await instanceState(ec2, input.instanceId);
    if (state === "stopped") {
      reporter.say(`${input.node}: its host is stopped; starting it`);
      const command = new StartInstancesCommand({ InstanceIds: [input.instanceId] });
      await calling("ec2:StartInstances", ec2.send(command), `${input.node} is stopped.`);
      return;
    }
    if (state !== "stopping") return;
    if (deadline.hasPassed) throw timedOut(gate, "its host to stop, before it can be started", `it is ${state}`);
    waitingFor(gate, "its host to stop, before it can be started");
    await deadline.pause(gate.pollMs);
  }
}

/** What a parameter `release` says; undefined where it says nothing of the kind. */
export const wantedIn = (value: string | undefined): WantedRelease | undefined => releaseSchema.safeParse(JSON.parse(value ?? "null")).data;

/** Sets the release that the host shall run, where its parameter names another one: the way back of an earlier try. */
export async function setWanted({ input, ssm }: Gate, wanted: WantedRelease): Promise<void> {
  const Name = `${input.parameters}/release`;
  if (isDeepStrictEqual(wantedIn((await readParameter(ssm, Name))?.Value), wanted)) return;
  const Value = JSON.stringify(wanted);
  await calling(
    "ssm:PutParameter",
    ssm.send(new PutParameterCommand({ Name, Value, Overwrite: true })),
    `${input.node} has not been touched.`,
  );
}

/** What the host has written about itself, and when. `asWanted`: the same as a parameter's value; absent where an older machine image has written less. */
export interface Running {
  readonly release: string;
  readonly sinceMs: number;
  readonly asWanted: WantedRelease | undefined;
}

const runningSchema = z.looseObject({ release: z.string() });

export async function readRunning({ input, ssm }: Gate): Promise<Running | undefined> {
  const found = await readParameter(ssm, `${input.parameters}/running`);
  if (found?.Value === undefined) return undefined;
  const value: unknown = JSON.parse(found.Value);
  const parsed = runningSchema.safeParse(value);
  if (!parsed.success) return undefined;
  return {
    release: parsed.data.release,
    sinceMs: found.LastModifiedDate?.getTime() ?? 0,
    asWanted: releaseSchema.safeParse(value).data,
  };
}

/** Applies the node's parameters and waits until it is as well as it was. @returns whether it is synced @throws {@link CliError} */
export async function applyAndWait(told: Gate, { wasSynced, soakSec }: { wasSynced: boolean; soakSec: number }): Promise<boolean> {
  await apply(told);
  const appliedMs = Date.now();
  // The old daemons may have taken long to stop; the new ones get their own time.
  const gate: Gate = { ...told, deadline: new Deadline(told.input.limitSec + soakSec) };
  const { input, cloudWatch, deadline, pollMs, reporter } = gate;
  const sinceMs = Math.max(appliedMs, await waitForRelease(gate));
  const wanted = wasSynced ? "it to be synced again" : "it to be alive and progressing";
  let look = 0;
  const passed = await untilHealthy(cloudWatch, input, { wasSynced, sinceMs, soakSec }, async (why) => {
    look += 1;
    // A daemon that ends again and again is not worth waiting for.
    if (look % looksPerStatus === 0) await askHost(gate);
    if (deadline.hasPassed) throw timedOut(gate, wanted, why);
    waitingFor(gate, `health; ${why}`);
    await deadline.pause(pollMs);
  });
  reporter.say(`${input.node}: passed: ${passed.why}`);
  if (passed.isSynced) await compareWithSiblings(gate);
  return passed.isSynced;
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

/** What its host waits for. @throws {@link CliError} when a step on it has failed */
async function askHost(gate: Gate): Promise<string | undefined> {
  const { statusDocument, instanceId, node } = gate.input;
  const failed = (end: CommandEnd): CliError => documentFailed(statusDocument, node, instanceId, end);
  return hostStatus({ ...gate, document: statusDocument }, instanceId, failed);
}

async function waitForRelease(gate: Gate): Promise<number> {
  const { input } = gate;
  const { release } = input.release;
  let host = "";
  for (let look = 1; ; look += 1) {
    const found = await readRunning(gate);
    if (found !== undefined && isWanted(input.release, found.release)) return found.sinceMs;
    if (look % looksPerStatus === 0) host = (await askHost(gate)) ?? host;
    const last = `${found === undefined ? "the host has not reported a release" : `it runs ${found.release}`}${host}`;
    if (gate.deadline.hasPassed) throw timedOut(gate, `release ${release} to run`, last);
    waitingFor(gate, `release ${release} to run; ${last}`);
    await gate.deadline.pause(gate.pollMs);
  }
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
        state: `${input.node} runs ${input.release.release}; later nodes of ${input.group} have not been touched.`,
      });
  }
}
