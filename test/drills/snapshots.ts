import assert from "node:assert/strict";
import {
  AttachVolumeCommand,
  CopySnapshotCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  EC2Client,
  waitUntilSnapshotCompleted,
  waitUntilVolumeAvailable,
  waitUntilVolumeInUse,
  type Filter,
  type Snapshot,
  type Tag,
  type Volume,
} from "@aws-sdk/client-ec2";
import type { FleetUnderTest } from "../fleet/fleet-under-test.ts";

/** Region of the copies. */
export const copyRegion = "eu-west-1";
type Where = "here" | "copied";

/** Snapshots as Data Lifecycle Manager leaves them, and what of a drill is left. */
export class Snapshots {
  readonly #fleet: FleetUnderTest;
  readonly #ec2: EC2Client;
  readonly #far: EC2Client;

  constructor(fleet: FleetUnderTest) {
    this.#fleet = fleet;
    this.#ec2 = new EC2Client(fleet.clientSettings);
    this.#far = new EC2Client({ ...fleet.clientSettings, region: copyRegion });
  }

  /** Takes one of a node's data volume, with the volume's tags. @returns its id */
  async take(node: string): Promise<string> {
    return this.#snapshot(this.#volumeOf(node));
  }

  /** Copies one into the region of the copies, with its tags and that region's own key. @returns the copy's id */
  async copy(snapshotId: string): Promise<string> {
    const Tags = Object.entries(await this.tags(snapshotId)).map(([Key, Value]) => ({ Key, Value }));
    const { SnapshotId = "" } = await this.#far.send(
      new CopySnapshotCommand({
        SourceRegion: await this.#ec2.config.region(),
        SourceSnapshotId: snapshotId,
        Encrypted: true,
        TagSpecifications: [{ ResourceType: "snapshot", Tags }],
      }),
    );
    await waitUntilSnapshotCompleted({ client: this.#far, maxWaitTime: 120, minDelay: 1, maxDelay: 2 }, { SnapshotIds: [SnapshotId] });
    return SnapshotId;
  }

  /** Ids of all snapshots, of both regions. */
  async all(): Promise<readonly string[]> {
    const [near, far] = await Promise.all([this.#snapshots(this.#ec2), this.#snapshots(this.#far)]);
    return [...near, ...far].sort();
  }

  async #snapshots(ec2: EC2Client, Filters: Filter[] = []): Promise<readonly string[]> {
    const { Snapshots: found = [] } = await ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ["self"], Filters }));
    return found.map(({ SnapshotId = "" }) => SnapshotId);
  }

  /** Makes a new snapshot from one, after a script has run on its file system, which is mounted in the working folder. */
  async change(snapshotId: string, node: string, script: string): Promise<string> {
    const { instanceId } = this.#fleet.nodes[node] ?? assert.fail(`no ${node}`);
    const like = await this.#describe(this.#volumeOf(node));
    const made = await this.#ec2.send(new CreateVolumeCommand({ SnapshotId: snapshotId, AvailabilityZone: like.AvailabilityZone ?? "" }));
    const VolumeId = made.VolumeId ?? "";
    const soon = { client: this.#ec2, maxWaitTime: 60, minDelay: 1, maxDelay: 2 };
    await waitUntilVolumeAvailable(soon, { VolumeIds: [VolumeId] });
    await this.#ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId: instanceId, Device: "/dev/sdz" }));
    await waitUntilVolumeInUse(soon, { VolumeIds: [VolumeId] });
    const device = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${VolumeId.replace("-", "")}`;
    await this.#fleet.onHost(
      node,
      `until [ -b ${device} ]; do sleep 1; done; mkdir -p /mnt/changed; mount ${device} /mnt/changed; cd /mnt/changed; ${script}; cd /; umount /mnt/changed`,
    );
    await this.#ec2.send(new DetachVolumeCommand({ VolumeId }));
    await waitUntilVolumeAvailable(soon, { VolumeIds: [VolumeId] });
    const changed = await this.#snapshot(VolumeId, like.Tags);
    await this.#ec2.send(new DeleteVolumeCommand({ VolumeId }));
    return changed;
  }

  async remove(snapshotId: string): Promise<void> {
    await this.#ec2.send(new DeleteSnapshotCommand({ SnapshotId: snapshotId }));
  }

  /** Tags of a snapshot, or of a copy. */
  async tags(snapshotId: string, where: Where = "here"): Promise<Readonly<Record<string, string>>> {
    const { Tags = [] } = await this.#snapshotOf(snapshotId, where);
    return Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value]));
  }

  /** When a snapshot, or a copy, was begun. */
  async startedMs(snapshotId: string, where: Where = "here"): Promise<number> {
    const { StartTime } = await this.#snapshotOf(snapshotId, where);
    return StartTime?.getTime() ?? assert.fail(`${snapshotId} has no time`);
  }

  async #snapshotOf(snapshotId: string, where: Where): Promise<Snapshot> {
    const ec2 = where === "here" ? this.#ec2 : this.#far;
    const { Snapshots: [found] = [] } = await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: [snapshotId] }));
    return found ?? assert.fail(`no ${snapshotId}`);
  }

  /** Instances, volumes and snapshots of drills that are not gone. */
  async ofDrills(): Promise<readonly string[]> {
    const Filters = [{ Name: "tag-key", Values: ["coinfleet:drill"] }];
    const { Reservations = [] } = await this.#ec2.send(new DescribeInstancesCommand({ Filters }));
    const { Volumes = [] } = await this.#ec2.send(new DescribeVolumesCommand({ Filters }));
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances).filter(({ State }) => State?.Name !== "terminated");
    const copies = [...(await this.#snapshots(this.#ec2, Filters)), ...(await this.#snapshots(this.#far, Filters))];
    return [...instances.map(({ InstanceId = "" }) => InstanceId), ...Volumes.map(({ VolumeId = "" }) => VolumeId), ...copies];
  }

  #volumeOf(node: string): string {
    return this.#fleet.nodes[node]?.volumeId ?? assert.fail(`no ${node}`);
  }

  async #describe(VolumeId: string): Promise<Volume> {
    const { Volumes: [volume] = [] } = await this.#ec2.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId] }));
    return volume ?? assert.fail(`no ${VolumeId}`);
  }

  async #snapshot(VolumeId: string, tags?: Tag[]): Promise<string> {
    const Tags = tags ?? (await this.#describe(VolumeId)).Tags ?? [];
    const { SnapshotId = "" } = await this.#ec2.send(
      new CreateSnapshotCommand({ VolumeId, TagSpecifications: [{ ResourceType: "snapshot", Tags }] }),
    );
    await waitUntilSnapshotCompleted({ client: this.#ec2, maxWaitTime: 120, minDelay: 1, maxDelay: 2 }, { SnapshotIds: [SnapshotId] });
    return SnapshotId;
  }
}
