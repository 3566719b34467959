import { CreateTagsCommand, DeleteTagsCommand, DescribeSnapshotsCommand } from "@aws-sdk/client-ec2";
import type { EC2Client, Snapshot } from "@aws-sdk/client-ec2";
import { backupTag } from "@coinfleet/sdk";
import { calling } from "../aws-call.ts";
import { CliError } from "../cli-error.ts";

/** A snapshot of a group's data volume. */
export interface GroupSnapshot {
  readonly id: string;
  readonly environment: string;
  /** When it was begun, Unix milliseconds: what was written later is not in it. */
  readonly takenMs: number;
  readonly node: string;
  /** Whose data it is; a copy from elsewhere has an id that no volume has. */
  readonly volumeId: string;
  /** Size of that volume: no smaller one can be made from it. */
  readonly sizeGiB: number;
  /** ISO time of the drill that it passed. Absent: it has passed none. */
  readonly provenAt?: string;
  /** Why the drill failed that it was last used for. */
  readonly failed?: string;
}

const provenTag = "coinfleet:proven";
const failedTag = "coinfleet:drill-failed";

/** The completed snapshots of a group, newest first. `backup` is the value of their tag, `<environment>/<group>`. @default every group's */
export async function findSnapshots(ec2: EC2Client, backup = "*"): Promise<readonly GroupSnapshot[]> {
  const found: Snapshot[] = [];
  let token: string | undefined;
  do {
    const command = new DescribeSnapshotsCommand({
      OwnerIds: ["self"],
      Filters: [
        { Name: `tag:${backupTag}`, Values: [backup] },
        { Name: "status", Values: ["completed"] },
      ],
      MaxResults: 1000,
      NextToken: token,
    });
    const answer = await calling("ec2:DescribeSnapshots", ec2.send(command));
    found.push(...(answer.Snapshots ?? []));
    token = answer.NextToken;
  } while (token !== undefined && token !== "");
  return found.flatMap(toGroupSnapshot).sort((a, b) => b.takenMs - a.takenMs);
}

/** A snapshot by its id, whoever took it. @throws {@link CliError} `NoSnapshot` where it is not complete */
export async function findSnapshot(ec2: EC2Client, id: string): Promise<GroupSnapshot> {
  const command = new DescribeSnapshotsCommand({ OwnerIds: ["self"], SnapshotIds: [id] });
  const { Snapshots: [found] = [] } = await calling("ec2:DescribeSnapshots", ec2.send(command));
  const [snapshot] = found?.State === "completed" ? toGroupSnapshot(found) : [];
  if (snapshot !== undefined) return snapshot;
  throw new CliError("NoSnapshot", {
    title: "The snapshot is not complete.",
    where: id,
    got: `${found?.State ?? "unknown"}, ${found?.Progress ?? "0%"}`,
    fix: "Wait for it, or name another one.",
    state: "Nothing has been changed.",
    isTransient: true,
  });
}

function toGroupSnapshot({ SnapshotId: id, StartTime, VolumeId, VolumeSize, Tags }: Snapshot): readonly GroupSnapshot[] {
  if (id === undefined || StartTime === undefined) return [];
  const tag = (key: string): string | undefined => Tags?.find(({ Key }) => Key === key)?.Value;
  const [provenAt, failed] = [tag(provenTag), tag(failedTag)];
  return [
    {
      id,
      environment: tag("coinfleet:environment") ?? "?",
      takenMs: StartTime.getTime(),
      node: tag("coinfleet:node") ?? "?",
      volumeId: VolumeId ?? "?",
      sizeGiB: VolumeSize ?? 0,
      ...(provenAt === undefined ? {} : { provenAt }),
      ...(failed === undefined ? {} : { failed }),
    },
  ];
}

/** The snapshot that a copy is of: the newest of the same node that was begun before the copy was. A copy itself names none, and is as old as its making. */
export function originOf(copy: GroupSnapshot, snapshots: readonly GroupSnapshot[]): GroupSnapshot | undefined {
  return snapshots.find(({ node, takenMs }) => node === copy.node && takenMs <= copy.takenMs);
}

/** Writes on a snapshot how its drill ended. */
export async function markSnapshot(
  ec2: EC2Client,
  id: string,
  end: { readonly provenAt: string } | { readonly failed: string },
): Promise<void> {
  const isProven = "provenAt" in end;
  const [Key, Value] = isProven ? [provenTag, end.provenAt] : [failedTag, plain(end.failed)];
  const stale = isProven ? failedTag : provenTag;
  const state = `${id} is not marked.`;
  await calling("ec2:CreateTags", ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key, Value }] })), state);
  await calling("ec2:DeleteTags", ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: stale }] })), state);
}

/** A tag's value has at most 256 characters of a modest alphabet. */
const plain = (text: string): string => text.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, " ").slice(0, 200);
