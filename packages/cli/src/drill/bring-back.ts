import { CopySnapshotCommand, DescribeSnapshotsCommand, type Snapshot } from "@aws-sdk/client-ec2";
import type { DrillPlan } from "@coinfleet/sdk";
import { calling, errorCode } from "../aws-call.ts";
import { CliError } from "../cli-error.ts";
import type { Deadline } from "../deadline.ts";
import type { Reporter } from "../reporter.ts";
import { tagList, type Workshop } from "./throw-away.ts";

/** A copy that is being brought back. */
export interface Return {
  readonly workshop: Workshop;
  /** The copied snapshot, and its region. */
  readonly id: string;
  readonly region: string;
  readonly deadline: Deadline;
  readonly reporter: Pick<Reporter, "progress">;
  /** Raised when the command is to end early. */
  readonly stop: AbortSignal;
}

/**
 * Copies a copied snapshot into the environment's region, where the nodes are, with the environment's key and the tags of drills, and waits until it is complete.
 * @returns the new snapshot's id
 * @throws {@link CliError} `CopyNotInTime` or `CopyFailed`: neither says that the copied snapshot is no good
 */
export async function bringBack({ workshop, id, region, deadline, reporter, stop }: Return): Promise<string> {
  const { ec2, plan, pollMs } = workshop;
  const command = new CopySnapshotCommand({
    SourceRegion: region,
    SourceSnapshotId: id,
    Description: `Drill of ${plan.group} from ${id} of ${region}`,
    Encrypted: true,
    KmsKeyId: plan.launch.keyArn,
    TagSpecifications: [{ ResourceType: "snapshot", Tags: tagList(plan.tags) }],
  });
  const { SnapshotId: copyId = "" } = await calling("ec2:CopySnapshot", ec2.send(command));
  for (;;) {
    stop.throwIfAborted();
    const { State, StateMessage, Progress = "0%" } = await look(workshop, copyId);
    if (State === "completed") return copyId;
    if (State === "error") throw copyFailed(plan, `${id} in ${region}`, `${copyId}: ${StateMessage ?? "EC2 says no reason"}`);
    if (deadline.hasPassed)
      throw notInTime(plan, `${id} in ${region}`, `${copyId} is at ${Progress} after ${Math.round(deadline.elapsedSec)} s`);
    reporter.progress({ what: `${plan.group}: ${id} comes back from ${region}`, done: Number.parseInt(Progress, 10) || 0, total: 100 });
    await deadline.pause(pollMs);
  }
}

async function look({ ec2 }: Workshop, id: string): Promise<Snapshot> {
  const answer = await calling(
    "ec2:DescribeSnapshots",
    ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: [id] })).catch((cause: unknown) => {
      // For a moment after CopySnapshot.
      if (errorCode(cause) === "InvalidSnapshot.NotFound") return undefined;
      throw cause;
    }),
  );
  return answer?.Snapshots?.[0] ?? {};
}

const untouched = "What has been copied is removed. The copied snapshot has not been marked, and the group's nodes have not been touched.";

function notInTime({ group }: DrillPlan, where: string, got: string): CliError {
  return new CliError("CopyNotInTime", {
    title: `The copy of ${group}'s snapshot has not come back in time.`,
    where,
    got,
    fix: "Give it longer (--copy-limit-minutes): EBS needs minutes to hours, by size. That is a part of the recovery time too.",
    state: untouched,
  });
}

function copyFailed({ group, copies }: DrillPlan, where: string, got: string): CliError {
  const key = copies?.keyArn ?? "that region's own key for EBS";
  return new CliError("CopyFailed", {
    title: `The copy of ${group}'s snapshot cannot be brought back.`,
    where,
    got,
    fix: `Is ${key} there and enabled, and may whoever drills use it? Nobody can start from the copies without it.`,
    state: untouched,
  });
}
