import { groupScope, holdScope, metricNamespace } from "@coinfleet/sdk";

/** A statement of an IAM policy, as data. */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** What the hosts of one group may touch. ARNs only, so that no statement can grow past its group. */
export interface HostPermissionsInput {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  /** Parameter prefixes of the group's nodes. */
  readonly parameterPrefixes: readonly string[];
  readonly secretArns: readonly string[];
  readonly repositoryArns: readonly string[];
  /** Without the trailing `:*`. */
  readonly logGroupArn: string;
  /** Keys that secrets are encrypted with. */
  readonly keyArns: readonly string[];
  /** The environment's table of locks. */
  readonly coordinationTableArn: string;
  readonly group: string;
}

/** Everything that the scripts and the agent on a host call, and nothing else. */
export function hostPermissions(input: HostPermissionsInput): readonly PolicyStatement[] {
  const { partition, region, account, parameterPrefixes, secretArns, repositoryArns, logGroupArn, keyArns } = input;
  const table = [input.coordinationTableArn];
  // A call without a key (a scan) names no group, and must not pass for one that names its own.
  const scopes = (...names: readonly string[]): NonNullable<PolicyStatement["Condition"]> => ({
    "ForAllValues:StringLike": { "dynamodb:LeadingKeys": names },
    Null: { "dynamodb:LeadingKeys": "false" },
  });
  const parameters = (names: readonly string[]): readonly string[] =>
    parameterPrefixes.flatMap((prefix) => names.map((name) => `arn:${partition}:ssm:${region}:${account}:parameter${prefix}/${name}`));
  const allow = (Sid: string, Action: readonly string[], Resource: readonly string[]): PolicyStatement => ({
    Sid,
    Effect: "Allow",
    Action,
    Resource,
  });
  // The whole environment has one key. Secrets Manager alone may use it for a host, and for the host's own secrets only.
  const readSecrets = (): readonly PolicyStatement[] => [
    allow("ReadSecrets", ["secretsmanager:GetSecretValue"], secretArns),
    {
      ...allow("DecryptSecrets", ["kms:Decrypt"], keyArns),
      Condition: {
        StringEquals: { "kms:ViaService": `secretsmanager.${region}.amazonaws.com` },
        StringLike: { "kms:EncryptionContext:SecretARN": secretArns },
      },
    },
  ];
  return [
    allow("ReadConfiguration", ["ssm:GetParameter"], parameters(["config", "release", "agent", "volume"])),
    allow("ReportState", ["ssm:PutParameter"], parameters(["running", "volume"])),
    ...(secretArns.length === 0 ? [] : readSecrets()),
    allow("RegistryLogin", ["ecr:GetAuthorizationToken"], ["*"]),
    allow("PullImages", ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"], repositoryArns),
    allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [`${logGroupArn}:*`]),
    {
      ...allow("PublishMetrics", ["cloudwatch:PutMetricData"], ["*"]),
      Condition: { StringEquals: { "cloudwatch:namespace": metricNamespace } },
    },
    // Its group's lock and history. What operators say it can read and not change.
    {
      ...allow("LockOwnGroup", ["dynamodb:PutItem", "dynamodb:DeleteItem"], table),
      Condition: scopes(groupScope(input.group)),
    },
    {
      ...allow("ReadOwnGroup", ["dynamodb:Query"], table),
      Condition: scopes(groupScope(input.group), holdScope(input.group)),
    },
    // What the SSM agent needs to take Run Command; these actions know no resources.
    allow(
      "RunCommand",
      [
        "ssm:UpdateInstanceInformation",
        ...["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"].map((action) => `ssmmessages:${action}`),
        ...["AcknowledgeMessage", "DeleteMessage", "FailMessage", "GetEndpoint", "GetMessages", "SendReply"].map(
          (action) => `ec2messages:${action}`,
        ),
      ],
      ["*"],
    ),
  ];
}
