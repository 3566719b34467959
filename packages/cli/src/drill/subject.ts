import type { EC2Client } from "@aws-sdk/client-ec2";
import type { DrillPlan } from "@coinfleet/sdk";
import { CliError } from "../cli-error.ts";
import type { DrillOf } from "./record.ts";
import { findSnapshots, originOf, type GroupSnapshot } from "./snapshots.ts";

/** The snapshot that a drill is to prove. */
export interface Subject {
  readonly snapshot: GroupSnapshot;
  /** In a sentence. @example "newest copy in eu-west-1" */
  readonly what: string;
  /** EC2 of its region. */
  readonly ec2: EC2Client;
  /** Region of a copied snapshot; absent: the environment's own. */
  readonly copiedTo?: string;
}

interface Regions {
  readonly ec2: EC2Client;
  readonly ec2In: (region: string) => EC2Client;
}

/**
 * Finds a group's newest snapshot, or the newest copy of one. A copy is as old as the data in it.
 * @throws {@link CliError} `NoDrills` where the group has no copies; `NoSnapshot` where there is none yet
 */
export async function findSubject(plan: DrillPlan, of: DrillOf, { ec2, ec2In }: Regions): Promise<Subject> {
  const own = await findSnapshots(ec2, plan.backup);
  if (of === "snapshot") {
    const [snapshot] = own;
    if (snapshot === undefined) throw noSnapshot(plan, "");
    return { snapshot, what: "newest snapshot", ec2 };
  }
  const region = copiesOf(plan).region;
  const there = ec2In(region);
  const [copy] = await findSnapshots(there, plan.backup);
  if (copy === undefined) throw noSnapshot(plan, ` in ${region}`);
  const snapshot = { ...copy, takenMs: originOf(copy, own)?.takenMs ?? copy.takenMs };
  return { snapshot, what: `newest copy in ${region}`, ec2: there, copiedTo: region };
}

/** Where the copies of a group are. @throws {@link CliError} `NoDrills` where there are none */
export function copiesOf({ group, copies }: DrillPlan): NonNullable<DrillPlan["copies"]> {
  if (copies !== undefined) return copies;
  throw new CliError("NoDrills", {
    title: `There are no copies of ${group}'s snapshots to drill.`,
    where: "the plan of its drills",
    got: "it names no other region",
    fix: "Set `backup.copyTo` in the stack file, then `pulumi up`. If it is set already, it has not been applied since.",
    state: "Nothing has been changed.",
  });
}

function noSnapshot({ group, backup }: DrillPlan, where: string): CliError {
  return new CliError("NoSnapshot", {
    title: `${group} has no snapshot${where} to start from.`,
    where: `snapshots${where} with the tag coinfleet:backup = ${backup}`,
    got: "none that is complete",
    fix: "Snapshots are taken at the time that the stack file says (`backup`), and copied then. If that has passed: is the lifecycle policy in error?",
    state: "Nothing has been made.",
  });
}
