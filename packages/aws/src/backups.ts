import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { backupTag, type BackupSpec, type ResolvedGroup } from "@coinfleet/sdk";
import { arn, type Place } from "./place.ts";
import { policyDocument, type PolicyDocument, type Statement } from "./policy-document.ts";
import { ServiceRole } from "./service-role.ts";
import { groupTags } from "./tags.ts";

export interface BackupsArgs {
  readonly place: Place;
  readonly keyArn: pulumi.Input<string>;
  readonly groups: readonly ResolvedGroup[];
}

/** The tag's value on the volumes of a group. */
export function backupTagOf(place: Place, group: ResolvedGroup): string {
  return group.backup === undefined ? "none" : `${place.environment}/${group.name}`;
}

/** A lifecycle policy for the volumes of each group. Crash-consistent: what the data is worth, a restore drill shows. */
export class Backups extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Backups";

  constructor(name: string, args: BackupsArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Backups.type, name, {}, opts);
    const { place, groups } = args;
    const backed = groups.flatMap((group) => (group.backup === undefined ? [] : [{ group, backup: group.backup }]));
    const copyKeys = [...new Set(backed.flatMap(({ backup }) => backup.copyTo?.keyArn ?? []))];
    const role = new ServiceRole(
      name,
      {
        place,
        role: "backups",
        description: "Snapshots of Coinfleet's data volumes",
        service: "dlm.amazonaws.com",
        policy: pulumi.output(args.keyArn).apply((keyArn) => backupPolicy(place, [keyArn, ...copyKeys])),
      },
      { parent: this },
    );
    for (const { group, backup } of backed)
      new aws.dlm.LifecyclePolicy(
        `${name}-${group.name}`,
        {
          description: `Data volumes of Coinfleet group ${group.name}`,
          executionRoleArn: role.arn,
          state: "ENABLED",
          policyDetails: {
            resourceTypes: ["VOLUME"],
            resourceLocations: "CLOUD",
            targetTags: { [backupTag]: backupTagOf(place, group) },
            schedules: [schedule(backup)],
          },
          tags: groupTags(place, group, `coinfleet-${place.environment}-${group.name}-backup`),
        },
        { parent: this, dependsOn: [role.policy] },
      );
    this.registerOutputs({});
  }
}

function schedule({ everyHours, at, keep, copyTo }: BackupSpec): aws.types.input.dlm.LifecyclePolicyPolicyDetailsSchedule {
  return {
    name: "data",
    createRule: { interval: everyHours, intervalUnit: "HOURS", times: at },
    retainRule: { count: keep },
    // The tags say whose data it is; deleting is allowed by them.
    copyTags: true,
    ...(copyTo === undefined
      ? {}
      : {
          crossRegionCopyRules: [
            {
              target: copyTo.region,
              encrypted: true,
              copyTags: true,
              retainRule: { interval: copyTo.keepDays, intervalUnit: "DAYS" },
              ...(copyTo.keyArn === undefined ? {} : { cmkArn: copyTo.keyArn }),
            },
          ],
        }),
  };
}

/** Snapshots of this environment's volumes, and the end of those snapshots; nobody else's. */
export function backupPolicy(place: Place, keyArns: readonly string[]): PolicyDocument {
  const ofThisEnvironment = { StringEquals: { "aws:ResourceTag/coinfleet:environment": place.environment } };
  const snapshots = ["arn:aws:ec2:*::snapshot/*"];
  const allow = (Sid: string, Action: readonly string[], Resource: readonly string[]): Statement => ({
    Sid,
    Effect: "Allow",
    Action,
    Resource,
  });
  return policyDocument([
    // These actions know no resources.
    allow("Look", ["ec2:DescribeVolumes", "ec2:DescribeSnapshots", "ec2:DescribeInstances"], ["*"]),
    {
      ...allow("FromVolume", ["ec2:CreateSnapshot", "ec2:CreateSnapshots"], [arn(place, "ec2", "volume/*")]),
      Condition: ofThisEnvironment,
    },
    allow("ToSnapshot", ["ec2:CreateSnapshot", "ec2:CreateSnapshots", "ec2:CopySnapshot"], snapshots),
    // A new snapshot has no tags yet. Another environment's keeps those that it has, or it could be made ours and expire.
    {
      ...allow("Tag", ["ec2:CreateTags"], snapshots),
      Condition: { StringEqualsIfExists: { "aws:ResourceTag/coinfleet:environment": place.environment } },
    },
    { ...allow("Expire", ["ec2:DeleteSnapshot"], snapshots), Condition: ofThisEnvironment },
    allow("Encrypt", ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"], keyArns),
    {
      ...allow("EncryptByEbs", ["kms:CreateGrant"], keyArns),
      Condition: { Bool: { "kms:GrantIsForAWSResource": "true" } },
    },
  ]);
}
