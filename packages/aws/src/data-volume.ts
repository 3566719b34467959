import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { backupTag, volumeName, volumeTags, type ResolvedGroup, type ResolvedNode } from "@coinfleet/sdk";
import { backupTagOf } from "./backups.ts";
import { originTag, placementTags } from "./data-volume-guard.ts";
import type { Place } from "./place.ts";
import { nodeTags } from "./tags.ts";

export interface DataVolumeArgs {
  readonly place: Place;
  readonly group: ResolvedGroup;
  readonly node: ResolvedNode;
  readonly zone: string;
  readonly keyArn: pulumi.Input<string>;
  /** Logical name → id of a volume that exists already, see {@link FleetSpec.adopt}. */
  readonly adopt: Readonly<Record<string, string>>;
  /** {@link dataVolumeGuard} of the program. */
  readonly guard: pulumi.ResourceHook;
}

/** What a volume from elsewhere brings along: taken over as it is, and set right once its line is gone from `adopt`. */
const ofTheAdopted = ["tags", "type", "iops", "throughput", "kmsKeyId", "encrypted", "finalSnapshot", "volumeInitializationRate"];

/**
 * A node's chain data. The first keeper: protected, kept when the program lets go of it, encrypted, and never replaced.
 * What would replace or shrink it (size, zone, snapshot) is not a property of the resource any more once it exists, but a tag that the guard compares.
 * Cost: gp3 about $0.0952 per GiB and month (2026-08, eu-central-1).
 */
export class DataVolume extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:DataVolume";
  readonly volumeId: pulumi.Output<string>;

  constructor(name: string, args: DataVolumeArgs, opts?: pulumi.ComponentResourceOptions) {
    super(DataVolume.type, name, {}, opts);
    const { volume } = args.node;
    const logicalName = volumeName(args.node.name, volume.generation);
    const adopted = args.adopt[logicalName];
    const made = new aws.ebs.Volume(
      logicalName,
      {
        availabilityZone: args.zone,
        size: volume.sizeGiB,
        type: volume.type,
        iops: volume.iops,
        ...(volume.throughputMiBPerSec === undefined ? {} : { throughput: volume.throughputMiBPerSec }),
        ...(volume.snapshotId === undefined ? {} : { snapshotId: volume.snapshotId }),
        ...(volume.initializationRateMiBPerSec === undefined ? {} : { volumeInitializationRate: volume.initializationRateMiBPerSec }),
        encrypted: true,
        kmsKeyId: args.keyArn,
        tags: {
          ...nodeTags(args.place, args.group, args.node, `${args.node.name}-data`),
          [backupTag]: backupTagOf(args.place, args.group),
          ...placementTags({ zone: args.zone, volume }),
          [volumeTags.maximum]: String(volume.maximumGiB),
          [volumeTags.step]: String(args.group.selfHealing.growByPercent),
        },
      },
      {
        parent: this,
        protect: true,
        retainOnDelete: true,
        // The grower owns the size; zone and snapshot can only be had by another volume.
        ignoreChanges: ["size", "availabilityZone", "snapshotId", `tags["${originTag}"]`, ...(adopted === undefined ? [] : ofTheAdopted)],
        ...(adopted === undefined ? {} : { import: adopted }),
        hooks: { beforeUpdate: [args.guard] },
      },
    );
    this.volumeId = made.id;
    this.registerOutputs({ volumeId: this.volumeId });
  }
}
