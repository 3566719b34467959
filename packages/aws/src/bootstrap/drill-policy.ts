import { backupTag, drillTag, metricNamespace } from "@coinfleet/sdk";
import { arn } from "../place.ts";
import { policyDocument, type PolicyDocument, type Statement } from "../policy-document.ts";
import type { PipelineScope } from "./pipeline-policies.ts";

type Condition = Statement["Condition"];

const allow = (Sid: string, Action: readonly string[], Resource: readonly string[], condition?: Condition): Statement => ({
  Sid,
  Effect: "Allow",
  Action,
  Resource,
  ...(condition === undefined ? {} : { Condition: condition }),
});

const isDrill = (environments: readonly string[], kind: "Request" | "Resource"): Condition => ({
  StringEquals: { [`aws:${kind}Tag/coinfleet:environment`]: environments },
  StringLike: { [`aws:${kind}Tag/${drillTag}`]: "?*" },
});

const isBackup = (environments: readonly string[]): Condition => ({
  StringEquals: { "aws:ResourceTag/coinfleet:environment": environments },
  StringLike: { [`aws:ResourceTag/${backupTag}`]: "?*" },
});

/** The one snapshot whose id is an asterisk: IAM's word for a copy that is yet to be made, where a source has its own. */
const newSnapshot = "snapshot/${*}";

/** A copy, with the tag of drills, of a backup in another region. */
const copying = ({ place, environments }: PipelineScope): readonly Statement[] => [
  allow("CopyBackups", ["ec2:CopySnapshot"], ["arn:aws:ec2:*::snapshot/snap-*"], isBackup(environments)),
  // A copy that had a backup's tag would pass for one.
  allow("CopyHere", ["ec2:CopySnapshot"], [`arn:aws:ec2:${place.region}::${newSnapshot}`], {
    ...isDrill(environments, "Request"),
    Null: { [`aws:RequestTag/${backupTag}`]: "true" },
  }),
  allow("TagAtCopy", ["ec2:CreateTags"], [`arn:aws:ec2:${place.region}::snapshot/*`], {
    StringEquals: { "ec2:CreateAction": "CopySnapshot" },
  }),
];

/**
 * What `coinfleet drill` does, and no more: an instance from a snapshot of ours, with the tag of drills, in a role of drills; a copy, with that tag, of a backup in
 * another region; looking; the end of what has that tag; a mark on the snapshot. It reaches no node's parameters, no data volume and no backup.
 */
export function drillPolicy(scope: PipelineScope): PolicyDocument {
  const { place, environments } = scope;
  const ofOurs = { "aws:ResourceTag/coinfleet:environment": environments };
  const ec2 = (resource: string): string => arn(place, "ec2", resource);
  const snapshots = [`arn:aws:ec2:${place.region}::snapshot/*`];
  const parameters = (...names: readonly string[]): readonly string[] =>
    environments.flatMap((environment) => names.map((name) => arn(place, "ssm", `parameter/coinfleet/${environment}/${name}`)));
  return policyDocument([
    allow(
      "Look",
      [
        ...["ec2:DescribeImages", "ec2:DescribeInstances", "ec2:DescribeSnapshots", "ec2:DescribeVolumes"],
        ...["ssm:DescribeInstanceInformation", "ssm:GetCommandInvocation", "cloudwatch:GetMetricData"],
      ],
      ["*"],
    ),
    allow("ReadPlans", ["ssm:GetParameter", "ssm:GetParametersByPath"], parameters("drills/*", "*-drill/template")),
    allow("Remember", ["ssm:PutParameter", "ssm:DeleteParameter"], parameters("drills/last/*", "drills/run/*")),
    allow("Configure", ["ssm:PutParameter"], parameters("*-drill/config")),
    allow("Forget", ["ssm:DeleteParameters"], parameters("*-drill/config", "*-drill/running", "*-drill/volume")),
    allow(
      "Launch",
      ["ec2:RunInstances"],
      [ec2("instance/*"), ec2("volume/*"), ec2("network-interface/*")],
      isDrill(environments, "Request"),
    ),
    // Machine images may be another account's, and subnets another owner's.
    allow("LaunchFrom", ["ec2:RunInstances"], [`arn:aws:ec2:${place.region}::image/*`, ec2("subnet/*")]),
    allow("LaunchWith", ["ec2:RunInstances"], [...snapshots, ec2("security-group/*")], { StringEquals: ofOurs }),
    ...copying(scope),
    allow("TagAtLaunch", ["ec2:CreateTags"], [ec2("instance/*"), ec2("volume/*"), ec2("network-interface/*")], {
      StringEquals: { "ec2:CreateAction": "RunInstances" },
    }),
    allow(
      "GiveRole",
      ["iam:PassRole"],
      environments.map((environment) => `arn:aws:iam::${place.account}:role/coinfleet/${environment}/*-drill-hosts-role-*`),
      { StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } },
    ),
    allow(
      "Remove",
      ["ec2:TerminateInstances", "ec2:DeleteVolume", "ec2:DeleteSnapshot"],
      [ec2("instance/*"), ec2("volume/*"), ...snapshots],
      isDrill(environments, "Resource"),
    ),
    allow("Mark", ["ec2:CreateTags", "ec2:DeleteTags"], ["arn:aws:ec2:*::snapshot/*"], {
      ...isBackup(environments),
      "ForAllValues:StringEquals": { "aws:TagKeys": ["coinfleet:proven", "coinfleet:drill-failed"] },
      // Who names no tag takes all of them.
      Null: { "aws:TagKeys": "false" },
    }),
    allow("Ask", ["ssm:SendCommand"], [arn(place, "ssm", "document/coinfleet-*-status"), arn(place, "ssm", "document/coinfleet-*-chain")]),
    allow("AskOurs", ["ssm:SendCommand"], [ec2("instance/*")], { StringEquals: ofOurs }),
    allow("Tell", ["cloudwatch:PutMetricData"], ["*"], { StringEquals: { "cloudwatch:namespace": metricNamespace } }),
    allow("DecryptByEbs", ["kms:DescribeKey", "kms:CreateGrant", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"], ["*"], {
      StringEquals: ofOurs,
      // Also the key of copies, in their region.
      StringLike: { "kms:ViaService": "ec2.*.amazonaws.com" },
    }),
  ]);
}
