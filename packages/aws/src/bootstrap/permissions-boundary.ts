import { hostPermissions } from "@coinfleet/host";
import { policyDocument, type PolicyDocument, type Statement } from "../policy-document.ts";

/**
 * The most that any role of any environment of the account may be given: what hosts, snapshot policies, flow logs and Slack channels do, on Coinfleet's own things.
 * The pipeline may make no role without it, so that no role that it makes can do what the pipeline itself may not.
 */
export function permissionsBoundary(account: string): PolicyDocument {
  const own = (service: string, resource: string): string => `arn:aws:${service}:*:${account}:${resource}`;
  const allow = (Sid: string, Action: readonly string[], Resource: readonly string[]): Statement => ({
    Sid,
    Effect: "Allow",
    Action,
    Resource,
  });
  const hosts = hostPermissions({
    partition: "aws",
    region: "*",
    account,
    parameterPrefixes: ["/coinfleet/*"],
    // Below: their conditions name one region, and here is none.
    secretArns: [],
    // Promoted images are pulled from the account that has built them.
    repositoryArns: ["arn:aws:ecr:*:*:repository/coinfleet/*"],
    logGroupArn: own("logs", "log-group:/coinfleet/*"),
    keyArns: [],
    coordinationTableArn: own("dynamodb", "table/coinfleet-*"),
    group: "*",
  });
  const snapshots = "arn:aws:ec2:*::snapshot/*";
  return policyDocument([
    ...hosts,
    allow("ReadSecrets", ["secretsmanager:GetSecretValue"], [own("secretsmanager", "secret:coinfleet/*")]),
    allow("LookAtVolumes", ["ec2:DescribeVolumes", "ec2:DescribeSnapshots", "ec2:DescribeInstances"], ["*"]),
    allow("MakeSnapshots", ["ec2:CreateSnapshot", "ec2:CreateSnapshots"], [own("ec2", "volume/*"), snapshots]),
    allow("KeepSnapshots", ["ec2:CopySnapshot", "ec2:CreateTags", "ec2:DeleteSnapshot"], [snapshots]),
    // Of secrets and snapshots. Copies in another region may be encrypted with another account's key.
    allow(
      "Encrypt",
      ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
      ["arn:aws:kms:*:*:key/*"],
    ),
    {
      ...allow("EncryptSnapshotsByEbs", ["kms:CreateGrant"], ["arn:aws:kms:*:*:key/*"]),
      Condition: { Bool: { "kms:GrantIsForAWSResource": "true" } },
    },
    allow("GrowVolumes", ["ec2:ModifyVolume"], [own("ec2", "volume/*")]),
    allow("ReadMetrics", ["cloudwatch:GetMetricData"], ["*"]),
    allow("StartOwnAutomation", ["ssm:StartAutomationExecution"], [own("ssm", "automation-definition/coinfleet-*")]),
    {
      ...allow("ActAsOwnAutomation", ["iam:PassRole"], [`arn:aws:iam::${account}:role/coinfleet/*`]),
      Condition: { StringEquals: { "iam:PassedToService": "ssm.amazonaws.com" } },
    },
    allow("WriteFlowLogs", ["logs:DescribeLogGroups", "logs:DescribeLogStreams"], [own("logs", "log-group:/coinfleet/*")]),
    allow("LookAtAlarms", ["cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmHistory"], [own("cloudwatch", "alarm:coinfleet-*")]),
  ]);
}
