import { DescribeVolumesCommand, EC2Client, StopInstancesCommand } from "@aws-sdk/client-ec2";
import { SSMClient } from "@aws-sdk/client-ssm";
import { z } from "zod";
import { patientSettings, calling, errorCode } from "./aws-call.ts";
import { CliError } from "./cli-error.ts";
import { Deadline } from "./deadline.ts";
import { formatDuration } from "@coinfleet/build/progress";
import { openCoordination, updateOf } from "./group-lock.ts";
import { instanceState } from "./instance-state.ts";
import type { Reporter } from "./reporter.ts";
import { documentFailed, isOnline, runDocument } from "./ssm-command.ts";

export const detachSchema = z.strictObject({
  region: z.string(),
  group: z.string(),
  node: z.string(),
  instanceId: z.string(),
  volumeId: z.string(),
  drainDocument: z.string(),
  coordinationTable: z.string(),
  stopTimeoutSec: z.number(),
  timeoutSec: z.number().positive(),
});

/** What the detach step is told. */
export type DetachInput = z.infer<typeof detachSchema>;

/** How often to look, and how long to wait for a silent host. Tests are faster. */
interface DetachPace {
  readonly pollMs: number;
  readonly silenceSec: number;
}

// A host that is busy stopping a daemon still answers SSM; one that is silent for a minute has no agent any more.
const defaultPace: DetachPace = { pollMs: 5_000, silenceSec: 60 };
// From the end of a drain until the new host's gate takes the lock: two API calls of the update.
const untilGateSec = 300;
const undelivered = new Set(["DeliveryTimedOut", "Undeliverable", "Terminated"]);

interface Detach {
  readonly input: DetachInput;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly deadline: Deadline;
  readonly reporter: Reporter;
  readonly pace: DetachPace;
}

async function isAttached({ input, ec2 }: Detach): Promise<boolean> {
  const answer = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [input.volumeId] })).catch((cause: unknown) => {
    if (errorCode(cause) === "InvalidVolume.NotFound") return undefined;
    throw cause;
  });
  return (answer?.Volumes?.[0]?.Attachments ?? []).some(({ InstanceId, State }) => InstanceId === input.instanceId && State !== "detached");
}

function timedOut({ input }: Detach, waited: string): CliError {
  return new CliError("DetachTimeout", {
    title: `${input.node} could not let go of its volume.`,
    where: `${input.volumeId} on ${input.instanceId}`,
    got: `after ${formatDuration(input.timeoutSec)} still waiting for ${waited}`,
    fix: `Look at the host (\`coinfleet logs ${input.node}\`, SSM Session Manager: \`coinfleet-host drain\`), then run the update again. The volume is never detached by force.`,
    state: "The volume is still attached and may be in use; nothing has been detached.",
    isTransient: true,
  });
}

async function waitUntilOnline({ input, ssm, deadline, reporter, pace }: Detach): Promise<boolean> {
  const startedAt = deadline.elapsedSec;
  while (deadline.elapsedSec - startedAt < pace.silenceSec && !deadline.hasPassed) {
    if (await isOnline(ssm, input.instanceId)) return true;
    reporter.progress({
      what: `${input.node}: waiting for its host to answer SSM`,
      done: Math.round(deadline.elapsedSec - startedAt),
      total: pace.silenceSec,
      unit: "s",
    });
    await deadline.pause(pace.pollMs);
  }
  return false;
}

/** Takes the group and leaves it to the gate of the same update: between them the node is out of service. */
async function lockGroup(detach: Detach): Promise<void> {
  const { input, deadline, reporter, pace } = detach;
  const coordination = openCoordination(input.coordinationTable, input.region);
  const claim = { group: input.group, owner: updateOf(input.node), reason: "its host is replaced" };
  for (;;) {
    const other = await coordination.acquire(claim, input.timeoutSec + untilGateSec);
    if (other === undefined) return;
    if (deadline.hasPassed) throw timedOut(detach, `${other.owner} to leave the group (${other.reason})`);
    reporter.progress({
      what: `${input.node}: waiting for ${other.owner} to leave the group (${other.reason})`,
      done: Math.round(deadline.elapsedSec),
      unit: "s",
    });
    await deadline.pause(pace.pollMs);
  }
}

/** A dead host's daemons are gone already; stopping the instance is what makes the kernel let go of the disk. */
async function stopInstance(detach: Detach): Promise<void> {
  const { input, ec2, deadline, reporter } = detach;
  reporter.say(`${input.node}: ${input.instanceId} does not answer SSM; stopping the instance`);
  await calling(
    "ec2:StopInstances",
    ec2.send(new StopInstancesCommand({ InstanceIds: [input.instanceId] })),
    "The volume is still attached.",
  );
  for (;;) {
    const state = await instanceState(ec2, input.instanceId);
    if (state === "stopped" || state === "terminated" || state === "gone") return;
    if (deadline.hasPassed) throw timedOut(detach, `the instance to stop (it is ${state})`);
    reporter.progress({ what: `${input.node}: waiting for ${input.instanceId} to stop`, done: Math.round(deadline.elapsedSec), unit: "s" });
    await deadline.pause(detach.pace.pollMs);
  }
}

/** Makes a host let go of a data volume: drain and unmount, or stop a host that is dead. @throws {@link CliError} */
export async function runDetach(input: DetachInput, reporter: Reporter, pace = defaultPace): Promise<void> {
  const settings = patientSettings(input.region);
  const detach: Detach = {
    input,
    reporter,
    pace,
    ec2: new EC2Client(settings),
    ssm: new SSMClient(settings),
    deadline: new Deadline(input.timeoutSec),
  };
  const state = await instanceState(detach.ec2, input.instanceId);
  if (state !== "running" && state !== "pending" && state !== "stopping" && state !== "shutting-down") {
    reporter.say(`${input.node}: ${input.instanceId} is ${state}; nothing to drain`);
    return;
  }
  if (!(await calling("ec2:DescribeVolumes", isAttached(detach)))) {
    reporter.say(`${input.node}: ${input.volumeId} is not attached to ${input.instanceId}; nothing to drain`);
    return;
  }
  await lockGroup(detach);
  if (state === "stopping" || state === "shutting-down" || !(await waitUntilOnline(detach))) return stopInstance(detach);
  const end = await runDocument(detach.ssm, input.drainDocument, input.instanceId, detach.deadline, pace.pollMs, (id) =>
    reporter.progress({
      what: `${input.node}: waiting for ${input.drainDocument} (${id}); a clean stop may take ${formatDuration(input.stopTimeoutSec)}`,
      done: Math.round(detach.deadline.elapsedSec),
      unit: "s",
    }),
  );
  if (end === undefined) throw timedOut(detach, `${input.drainDocument} to end`);
  if (undelivered.has(end.status)) return stopInstance(detach);
  if (end.status !== "Success") throw documentFailed(input.drainDocument, input.node, input.instanceId, end);
  reporter.say(`${input.node}: stopped and unmounted`);
}
