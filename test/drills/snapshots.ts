import assert from "node:assert/strict";
import {
  AttachVolumeCommand,
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
  type Tag,
  type Volume,
} from "@aws-sdk/client-ec2";
import type { FleetUnderTest } from "../fleet/fleet-under-test.ts";

/** Snapshots as Data Lifecycle Manager leaves them, and what of a drill is left. */
export class Snapshots {
  readonly #fleet: FleetUnderTest;
  readonly #ec2: EC2Client;

  constructor(fleet: FleetUnderTest) {
    this.#fleet = fleet;
    this.#ec2 = new EC2Client(fleet.clientSettings);
  }

  /** Takes one of a node's data volume, with the volume's tags. @returns its id */
  async take(node: string): Promise<string> {
    return this.#snapshot(this.#volumeOf(node));
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

  /** Tags of a snapshot. */
  async tags(snapshotId: string): Promise<Readonly<Record<string, string>>> {
    const { Snapshots: [found] = [] } = await this.#ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: [snapshotId] }));
    return Object.fromEntries((found?.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
  }

  /** Instances and volumes of drills that are not gone. */
  async ofDrills(): Promise<readonly string[]> {
    const Filters = [{ Name: "tag-key", Values: ["coinfleet:drill"] }];
    const { Reservations = [] } = await this.#ec2.send(new DescribeInstancesCommand({ Filters }));
    const { Volumes = [] } = await this.#ec2.send(new DescribeVolumesCommand({ Filters }));
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances).filter(({ State }) => State?.Name !== "terminated");
    return [...instances.map(({ InstanceId = "" }) => InstanceId), ...Volumes.map(({ VolumeId = "" }) => VolumeId)];
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
