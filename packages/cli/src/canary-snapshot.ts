import { CreateSnapshotCommand, DeleteSnapshotCommand, DescribeSnapshotsCommand, type EC2Client, type Snapshot } from "@aws-sdk/client-ec2";
import type { SSMClient } from "@aws-sdk/client-ssm";
import { z } from "zod";
import { calling } from "./aws-call.ts";
import type { Deadline } from "./deadline.ts";
import type { Reporter } from "./reporter.ts";
import { documentFailed, runDocument, type CommandEnd } from "./ssm-command.ts";

/** What the gate of a group's first node is told of its volume. Nothing of a coin whose data holds keys: nobody ever starts from an old copy of those. */
export const canarySchema = z.strictObject({
  stopDocument: z.string(),
  volumeId: z.string(),
  tags: z.record(z.string(), z.string()),
});

/** A node that is about to get another release. */
export interface Canary {
  readonly node: string;
  readonly instanceId: string;
  readonly release: string;
  /** Whether it is synced now: its data is what a way back should lead to. */
  readonly isWell: boolean;
  readonly volume: z.infer<typeof canarySchema>;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly deadline: Deadline;
  readonly reporter: Reporter;
  readonly pollMs: number;
}

const beforeTag = "coinfleet:before-release";
/** Of the last two releases: who goes back does so at once, and not by years. */
const kept = 2;

async function taken({ ec2, volume }: Pick<Canary, "ec2" | "volume">): Promise<readonly Snapshot[]> {
  const Filters = [
    { Name: "volume-id", Values: [volume.volumeId] },
    { Name: "tag-key", Values: [beforeTag] },
  ];
  const answer = await calling("ec2:DescribeSnapshots", ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ["self"], Filters })));
  return (answer.Snapshots ?? []).toSorted((a, b) => (b.StartTime?.getTime() ?? 0) - (a.StartTime?.getTime() ?? 0));
}

const isBefore = ({ Tags }: Snapshot, release: string): boolean =>
  (Tags ?? []).some(({ Key, Value }) => Key === beforeTag && Value === release);

/**
 * Stops the node and begins a snapshot of its volume: consistent, because nothing writes any more; what is read from then on is of that moment. A node that is
 * not well keeps the one of an earlier try: the release may have had its data since. @returns the snapshot's id, or undefined when the node did not stop in time
 */
export async function snapshotBefore(canary: Canary): Promise<string | undefined> {
  const { ec2, ssm, node, instanceId, release, isWell, volume, deadline, pollMs, reporter } = canary;
  const own = isWell ? undefined : (await taken(canary)).find((one) => isBefore(one, release))?.SnapshotId;
  if (own !== undefined) {
    reporter.say(`${node}: its data before ${release} is in ${own}, of an earlier try`);
    return own;
  }
  const stopped: CommandEnd | undefined = await runDocument(ssm, volume.stopDocument, instanceId, deadline, pollMs, () =>
    reporter.progress({ what: `${node}: stopping, for a snapshot before ${release}`, done: Math.round(deadline.elapsedSec), unit: "s" }),
  );
  if (stopped === undefined) return undefined;
  if (stopped.status !== "Success") throw documentFailed(volume.stopDocument, node, instanceId, stopped);
  const Tags = Object.entries({ ...volume.tags, [beforeTag]: release }).map(([Key, Value]) => ({ Key, Value }));
  const command = new CreateSnapshotCommand({
    VolumeId: volume.volumeId,
    Description: `${node} before ${release}`,
    TagSpecifications: [{ ResourceType: "snapshot", Tags }],
  });
  const { SnapshotId: id = "" } = await calling(
    "ec2:CreateSnapshot",
    ec2.send(command),
    `${node} is stopped; its next gate starts it again.`,
  );
  reporter.say(`${node}: stopped; its data before ${release} is in ${id}`);
  return id;
}

/** Deletes all but the newest of them. Only after a release has come through: until then an older one may be the only good copy. */
export async function forgetOlder(canary: Pick<Canary, "ec2" | "volume">): Promise<void> {
  for (const { SnapshotId } of (await taken(canary)).slice(kept))
    await calling("ec2:DeleteSnapshot", canary.ec2.send(new DeleteSnapshotCommand({ SnapshotId })), "An older snapshot is still there.");
}

/** What leads back to a snapshot of a group's first node. */
export const wayBack = (id: string, { node, environment }: { readonly node: string; readonly environment: string }): string =>
  `the data before it is in ${id}. Write the old release into the stack file, then \`coinfleet replace ${node} --environment ${environment} --snapshot ${id}\` makes a new volume from it beside the old one`;
