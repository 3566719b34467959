import { arn, type Place } from "../place.ts";
import { policyDocument, type PolicyDocument, type Statement } from "../policy-document.ts";

/** What the roles of the pipeline are about. */
export interface PipelineScope {
  /** Account and region. Its environment is the bootstrap's own. */
  readonly place: Place;
  /** The environments that this account holds. */
  readonly environments: readonly string[];
  readonly stateBucketArn: string;
  /** The key that states and their secrets are encrypted with. */
  readonly stateKeyArn: string;
  readonly boundaryArn: string;
}

const allow = (Sid: string, Action: readonly string[], Resource: readonly string[] = ["*"]): Statement => ({
  Sid,
  Effect: "Allow",
  Action,
  Resource,
});
const deny = (Sid: string, Action: readonly string[], Resource: readonly string[] = ["*"]): Statement => ({
  ...allow(Sid, Action, Resource),
  Effect: "Deny",
});
const state = ({ stateKeyArn, stateBucketArn }: PipelineScope): readonly Statement[] => [
  allow("ReadState", ["s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"], [stateBucketArn, `${stateBucketArn}/*`]),
  allow("DecryptState", ["kms:Decrypt", "kms:DescribeKey"], [stateKeyArn]),
];

/** What a preview with a refresh asks for. Parameters hold no secret; the values of secrets are in no state, and out of reach here. */
export function previewPolicy(scope: PipelineScope): PolicyDocument {
  const { place } = scope;
  const looks = [
    ...["ec2:Describe*", "ec2:GetEbsEncryptionByDefault", "ec2:GetSnapshotBlockPublicAccessState"],
    ...["elasticloadbalancing:Describe*", "cloudwatch:Describe*", "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource"],
    ...[
      "cloudwatch:GetMetricData",
      "logs:DescribeLogGroups",
      "logs:ListTagsForResource",
      "dlm:GetLifecyclePolicy",
      "dlm:ListTagsForResource",
    ],
    ...[
      "ecr:Describe*",
      "ecr:GetLifecyclePolicy",
      "ecr:GetRepositoryPolicy",
      "ecr:GetRegistryScanningConfiguration",
      "ecr:ListTagsForResource",
    ],
    ...["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability"],
    ...["iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies", "iam:GetInstanceProfile"],
    ...["iam:ListInstanceProfilesForRole", "iam:ListRoleTags", "iam:ListInstanceProfileTags"],
    ...["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListAliases", "kms:ListResourceTags"],
    ...["route53:Get*", "route53:List*", "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"],
    ...["sns:GetTopicAttributes", "sns:GetSubscriptionAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource"],
    ...["ssm:DescribeDocument", "ssm:DescribeDocumentPermission", "ssm:GetDocument", "ssm:DescribeParameters", "ssm:ListTagsForResource"],
    ...["ssm:DescribeInstanceInformation", "servicequotas:GetServiceQuota", "servicequotas:ListServiceQuotas", "sts:GetCallerIdentity"],
    ...["dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:DescribeContinuousBackups", "dynamodb:ListTagsOfResource"],
    ...["events:DescribeRule", "events:ListTargetsByRule", "events:ListTagsForResource"],
    ...["chatbot:DescribeSlackChannelConfigurations", "chatbot:ListTagsForResource"],
  ];
  return policyDocument([
    allow("Look", looks),
    allow("ReadParameters", ["ssm:GetParameter", "ssm:GetParameters"], [arn(place, "ssm", "parameter/coinfleet/*")]),
    ...state(scope),
  ]);
}

/** What an update does, in the environments of this account and in no other way than the program does it. */
export function writePolicy(scope: PipelineScope): PolicyDocument {
  return policyDocument([...services(scope), ...secretsAndKeys(scope), ...commands(scope), ...roles(scope), ...keepers(scope)]);
}

/** A region's services, whole: a narrower list would only be a list of what the program makes today. What must not happen is denied by name. */
function services(scope: PipelineScope): readonly Statement[] {
  const { place, stateBucketArn, stateKeyArn } = scope;
  return [
    ...previewPolicy(scope).Statement,
    allow("WriteState", ["s3:PutObject", "s3:DeleteObject"], [`${stateBucketArn}/*`]),
    allow("EncryptState", ["kms:Encrypt", "kms:GenerateDataKey"], [stateKeyArn]),
    {
      ...allow("RegionalServices", ["ec2:*", "elasticloadbalancing:*", "ecr:*", "logs:*", "cloudwatch:*", "dlm:*", "sns:*"]),
      Condition: { StringEquals: { "aws:RequestedRegion": place.region } },
    },
    allow(
      "Coordination",
      ["CreateTable", "UpdateTable", "DeleteTable", "UpdateTimeToLive", "TagResource", "UntagResource", "PutItem", "DeleteItem"].map(
        (action) => `dynamodb:${action}`,
      ),
      [arn(place, "dynamodb", "table/coinfleet-*")],
    ),
    allow(
      "Schedules",
      ["PutRule", "DeleteRule", "PutTargets", "RemoveTargets", "TagResource", "UntagResource"].map((action) => `events:${action}`),
      [arn(place, "events", "rule/coinfleet-*")],
    ),
    allow("GlobalServices", ["route53:*", "chatbot:*"]),
    allow("Parameters", ["ssm:PutParameter", "ssm:DeleteParameter"], [arn(place, "ssm", "parameter/coinfleet/*")]),
    allow(
      "Documents",
      ["ssm:CreateDocument", "ssm:UpdateDocument", "ssm:UpdateDocumentDefaultVersion", "ssm:DeleteDocument"],
      [arn(place, "ssm", "document/coinfleet-*")],
    ),
    allow(
      "TagParametersAndDocuments",
      ["ssm:AddTagsToResource", "ssm:RemoveTagsFromResource"],
      [arn(place, "ssm", "parameter/coinfleet/*"), arn(place, "ssm", "document/coinfleet-*")],
    ),
  ];
}

/** Secrets get a first value and are never read; keys are made and used through the services that encrypt with them. */
function secretsAndKeys({ place, environments }: PipelineScope): readonly Statement[] {
  const secrets = ["CreateSecret", "UpdateSecret", "DeleteSecret", "RestoreSecret", "PutSecretValue", "TagResource", "UntagResource"];
  const ofOurs = { StringEquals: { "aws:ResourceTag/coinfleet:environment": environments } };
  const use = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant"];
  return [
    allow(
      "Secrets",
      secrets.map((action) => `secretsmanager:${action}`),
      [arn(place, "secretsmanager", "secret:coinfleet/*")],
    ),
    {
      ...allow("MakeKeys", ["kms:CreateKey", "kms:TagResource"]),
      Condition: { StringEquals: { "aws:RequestTag/coinfleet:environment": environments } },
    },
    {
      ...allow("ManageKeys", [
        "kms:EnableKeyRotation",
        "kms:PutKeyPolicy",
        "kms:UpdateKeyDescription",
        "kms:CreateAlias",
        "kms:UpdateAlias",
      ]),
      Condition: ofOurs,
    },
    allow("Aliases", ["kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"], [arn(place, "kms", "alias/coinfleet-*")]),
    {
      ...allow("UseKeysThroughServices", use),
      Condition: {
        ...ofOurs,
        StringLike: {
          "kms:ViaService": ["ec2", "secretsmanager", "ecr", "sns"].map((service) => `${service}.${place.region}.amazonaws.com`),
        },
      },
    },
  ];
}

/** Our own documents, on our own hosts. */
function commands({ place, environments }: PipelineScope): readonly Statement[] {
  return [
    allow("RunOwnDocuments", ["ssm:SendCommand"], [arn(place, "ssm", "document/coinfleet-*")]),
    {
      ...allow("OnOwnHosts", ["ssm:SendCommand"], [arn(place, "ec2", "instance/*")]),
      Condition: { StringEquals: { "aws:ResourceTag/coinfleet:environment": environments } },
    },
    allow("ReadResults", ["ssm:GetCommandInvocation", "ssm:ListCommandInvocations"]),
  ];
}

/** Services that make a role of their own in an account when they are used there for the first time. */
const selfServing = ["elasticloadbalancing.amazonaws.com", "management.chatbot.amazonaws.com"];

/** Roles below one path, each inside the boundary, for the services that need them. */
function roles({ place, environments, boundaryArn }: PipelineScope): readonly Statement[] {
  const below = (kind: string): string[] =>
    environments.map((environment) => `arn:aws:iam::${place.account}:${kind}/coinfleet/${environment}/*`);
  const change = ["DeleteRole", "UpdateRole", "UpdateAssumeRolePolicy", "DeleteRolePolicy", "TagRole", "UntagRole"];
  const profiles = ["Create", "Delete", "Tag", "Untag"].map((verb) => `iam:${verb}InstanceProfile`);
  return [
    {
      ...allow("MakeRoles", ["iam:CreateRole", "iam:PutRolePolicy"], below("role")),
      Condition: { StringEquals: { "iam:PermissionsBoundary": boundaryArn } },
    },
    allow(
      "ChangeRoles",
      change.map((action) => `iam:${action}`),
      below("role"),
    ),
    allow("Profiles", [...profiles, "iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile"], below("instance-profile")),
    {
      ...allow("HandRolesToServices", ["iam:PassRole"], below("role")),
      Condition: {
        StringEquals: {
          "iam:PassedToService": ["ec2", "dlm", "vpc-flow-logs", "chatbot", "ssm", "events"].map((service) => `${service}.amazonaws.com`),
        },
      },
    },
    {
      ...allow(
        "FirstUseOfServices",
        ["iam:CreateServiceLinkedRole"],
        selfServing.map((service) => `arn:aws:iam::${place.account}:role/aws-service-role/${service}/*`),
      ),
      Condition: { StringEquals: { "iam:AWSServiceName": selfServing } },
    },
  ];
}

/** What no pipeline does, whatever the program says: ends of data, keys and secrets, and of what it is bounded by. */
function keepers({ place, stateBucketArn }: PipelineScope): readonly Statement[] {
  return [
    {
      ...deny("KeepDataVolumes", ["ec2:DeleteVolume"]),
      Condition: { StringLike: { "aws:ResourceTag/coinfleet:backup": "*" } },
    },
    {
      ...deny("KeepBackups", ["ec2:DeleteSnapshot"]),
      Condition: { StringLike: { "aws:ResourceTag/coinfleet:backup": "*" } },
    },
    {
      ...deny("KeepTheMarksOfData", ["ec2:DeleteTags"]),
      Condition: { "ForAnyValue:StringEquals": { "aws:TagKeys": ["coinfleet:backup", "coinfleet:environment"] } },
    },
    // Who names no tag takes all of them.
    { ...deny("KeepEveryMarkOfData", ["ec2:DeleteTags"]), Condition: { Null: { "aws:TagKeys": "true" } } },
    deny("KeepKeys", ["kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:DeleteImportedKeyMaterial"]),
    {
      ...deny("KeepSecretsRecoverable", ["secretsmanager:DeleteSecret"]),
      Condition: { Bool: { "secretsmanager:ForceDeleteWithoutRecovery": "true" } },
    },
    deny(
      "KeepStates",
      ["s3:DeleteObjectVersion", "s3:DeleteBucket", "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration"],
      [stateBucketArn, `${stateBucketArn}/*`],
    ),
    deny("KeepBoundaries", ["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"]),
    deny(
      "KeepThePipelineItself",
      ["iam:*"],
      [
        `arn:aws:iam::${place.account}:role/coinfleet-pipeline/*`,
        `arn:aws:iam::${place.account}:policy/coinfleet-pipeline/*`,
        `arn:aws:iam::${place.account}:oidc-provider/*`,
      ],
    ),
  ];
}
