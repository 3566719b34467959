import type { PlannedResource } from "../planned-resource.ts";

/** A resource that keeps every rule, and ways to break the rule, each alone. */
export interface Example {
  readonly rule: string;
  readonly good: PlannedResource;
  readonly bad: readonly PlannedResource[];
}

type Inputs = Readonly<Record<string, unknown>>;
type Change = Inputs | { readonly of: "options"; readonly change: Partial<PlannedResource> };

const key = "arn:aws:kms:eu-central-1:000000000000:key/example";
const keeper = { protect: true, retainOnDelete: true };
const options = (change: Partial<PlannedResource>): Change => ({ of: "options", change });

function example(rule: string, type: string, inputs: Inputs, changes: readonly Change[], more: Partial<PlannedResource> = {}): Example {
  const good: PlannedResource = { type, name: "acorn-1-thing", inputs, protect: false, retainOnDelete: false, ...more };
  const isOptions = (change: Change): change is Extract<Change, { readonly of: "options" }> => change["of"] === "options";
  const bad = changes.map((change): PlannedResource =>
    isOptions(change) ? { ...good, ...change.change } : { ...good, inputs: { ...inputs, ...change } },
  );
  return { rule, good, bad };
}

const allow = (statement: Inputs): string => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] });

const forbidden = (rule: string, type: string): Example => ({
  rule,
  good: { type: "aws:ec2/vpc:Vpc", name: "network", inputs: {}, protect: false, retainOnDelete: false },
  bad: [{ type, name: "a-thing", inputs: {}, protect: false, retainOnDelete: false }],
});

const metadata = { httpTokens: "required", httpPutResponseHopLimit: 1, httpProtocolIpv6: "disabled" };
const instance = "aws:ec2/instance:Instance";
const rolePolicy = "aws:iam/rolePolicy:RolePolicy";
const ingress = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const alarm = "aws:cloudwatch/metricAlarm:MetricAlarm";
const parameter = "aws:ssm/parameter:Parameter";
const oneSecret = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:coinfleet/test/acorn/rpc-??????";
const anyVolume = "arn:aws:ec2:eu-central-1:000000000000:volume/*";
const own = "000000000000.dkr.ecr.eu-central-1.amazonaws.com/coinfleet/test/acorn-acornd";
const digest = `@sha256:${"0a".repeat(32)}`;

const confined = [
  ...["--user", "10001:10001", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only"],
  ...[
    "--tmpfs",
    "/tmp:rw,noexec,nosuid,nodev,size=64m",
    "--memory",
    "512m",
    "--memory-swap",
    "512m",
    "--cpus",
    "{{cpus}}",
    "--pids-limit",
    "64",
  ],
  ...["--log-driver", "awslogs", "--log-opt", "cache-max-size=10m"],
  ...["--ulimit", "nofile=4096:4096", "--stop-timeout", "60", "--publish", "{{private-ip}}:8333:8333/tcp"],
];
const node = (args: readonly string[], agent: readonly string[] = [...confined, "--network", "host"]): Inputs => ({
  name: "/coinfleet/test/acorn-1/config",
  value: JSON.stringify({ daemons: [{ name: "acornd", arguments: args, stopTimeoutSec: 60 }], agent: { arguments: agent } }),
});
const without = (flag: string): readonly string[] => confined.filter((arg, index) => arg !== flag && confined[index - 1] !== flag);

const hosts: readonly Example[] = [
  example("instance-metadata", instance, { metadataOptions: metadata }, [
    { metadataOptions: { ...metadata, httpTokens: "optional" } },
    { metadataOptions: { ...metadata, httpPutResponseHopLimit: 2 } },
    { metadataOptions: { ...metadata, httpProtocolIpv6: undefined } },
    { metadataOptions: undefined },
  ]),
  example("instance-no-login", instance, { monitoring: true, iamInstanceProfile: "acorn" }, [
    { keyName: "mine" },
    { monitoring: undefined },
    { iamInstanceProfile: "" },
  ]),
  example("instance-root-encrypted", instance, { rootBlockDevice: { encrypted: true, kmsKeyId: key } }, [
    { rootBlockDevice: { encrypted: false, kmsKeyId: key } },
    { rootBlockDevice: { encrypted: true } },
  ]),
  example("instance-data-separate", instance, {}, [{ ebsBlockDevices: [{ deviceName: "/dev/sdf" }] }]),
  example("instance-kept-on-termination-request", instance, {}, [{ instanceInitiatedShutdownBehavior: "terminate" }]),
];

const storage: readonly Example[] = [
  example(
    "volume-is-a-keeper",
    "aws:ebs/volume:Volume",
    { encrypted: true, kmsKeyId: key },
    [{ encrypted: undefined }, { kmsKeyId: undefined }, options({ protect: false }), options({ retainOnDelete: false })],
    keeper,
  ),
  example("attachment-not-forced", "aws:ec2/volumeAttachment:VolumeAttachment", { stopInstanceBeforeDetaching: true }, [
    { forceDetach: true },
    { stopInstanceBeforeDetaching: undefined },
  ]),
  forbidden("snapshot-private", "aws:ec2/snapshotCreateVolumePermission:SnapshotCreateVolumePermission"),
  example(
    "bucket-private",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    [{ blockPublicAcls: false }, { restrictPublicBuckets: undefined }],
  ),
  example("backup-copies-encrypted", "aws:dlm/lifecyclePolicy:LifecyclePolicy", { state: "ENABLED", policyDetails: {} }, [
    { state: "DISABLED" },
    { policyDetails: { schedules: [{ crossRegionCopyRules: [{ encrypted: false }] }] } },
  ]),
];

const onePort = { description: "peers", fromPort: 8333, toPort: 8333, ipProtocol: "tcp", cidrIpv4: "10.0.0.0/8" };

const network: readonly Example[] = [
  example("ingress-closed", ingress, onePort, [
    { cidrIpv4: "0.0.0.0/0" },
    { cidrIpv6: "::/0" },
    { cidrIpv4: "128.0.0.0/1" },
    { fromPort: 22, toPort: 22 },
    { fromPort: 1, toPort: 65_535 },
    { ipProtocol: "-1" },
    { description: "" },
    { toPort: 8334 },
  ]),
  example("egress-declared", "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", { description: "peers" }, [
    { description: undefined },
  ]),
  example("rules-on-their-own", "aws:ec2/securityGroup:SecurityGroup", {}, [{ ingress: [{}] }, { egress: [] }]),
  forbidden("no-foreign-rule-types", "aws:ec2/securityGroupRule:SecurityGroupRule"),
  example("default-group-closed", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", { ingress: [], egress: [] }, [
    { ingress: undefined },
    { egress: [{}] },
  ]),
  example("subnet-no-public-by-default", "aws:ec2/subnet:Subnet", { mapPublicIpOnLaunch: false }, [{ mapPublicIpOnLaunch: true }]),
  example("load-balancer-internal", "aws:lb/loadBalancer:LoadBalancer", { internal: true }, [{ internal: false }, { internal: undefined }]),
  example("function-url-signed", "aws:lambda/functionUrl:FunctionUrl", { authorizationType: "AWS_IAM" }, [{ authorizationType: "NONE" }]),
  example("function-not-public", "aws:lambda/permission:Permission", { principal: "events.amazonaws.com", sourceArn: "arn:of:rule" }, [
    { principal: "*" },
    { sourceArn: undefined },
  ]),
];

const trust = { Action: "sts:AssumeRole", Principal: { Service: "dlm.amazonaws.com" } };
const bound = { Condition: { StringEquals: { "aws:SourceAccount": "000000000000" } } };
const federated = { Action: "sts:AssumeRoleWithWebIdentity", Principal: { Federated: "arn:of:gitlab" } };

const identity: readonly Example[] = [
  example("role-policy-least-privilege", rolePolicy, { policy: allow({ Action: "ssm:GetParameter", Resource: "arn:of:parameter" }) }, [
    { policy: allow({ Action: ["*"], Resource: ["arn:x"] }) },
    { policy: allow({ Action: "s3:*", Resource: "arn:x" }) },
    { policy: allow({ Action: ["iam:PassRole"], Resource: ["*"] }) },
    { policy: allow({ Action: ["cloudwatch:PutMetricData"], Resource: ["*"] }) },
    { policy: "no JSON" },
    { policy: undefined },
  ]),
  example("secret-read-own-only", rolePolicy, { policy: allow({ Action: "secretsmanager:GetSecretValue", Resource: oneSecret }) }, [
    { policy: allow({ Action: "secretsmanager:GetSecretValue", Resource: oneSecret.replace("rpc-??????", "*") }) },
    { policy: allow({ Action: "secretsmanager:GetSecretValue" }) },
  ]),
  example(
    "volume-change-by-tag",
    rolePolicy,
    {
      policy: allow({
        Action: "ec2:ModifyVolume",
        Resource: anyVolume,
        Condition: { StringEquals: { "aws:ResourceTag/coinfleet:environment": "test" } },
      }),
    },
    [
      { policy: allow({ Action: "ec2:ModifyVolume", Resource: anyVolume }) },
      { policy: allow({ Action: "ec2:TerminateInstances", Resource: "arn:x" }) },
    ],
  ),
  example("role-trusts-own-account", "aws:iam/role:Role", { assumeRolePolicy: allow({ ...trust, ...bound }) }, [
    { assumeRolePolicy: allow(trust) },
    { assumeRolePolicy: allow({ ...trust, Principal: { Service: ["ec2.amazonaws.com", "dlm.amazonaws.com"] } }) },
    { assumeRolePolicy: allow({ ...trust, ...bound, Principal: "*" }) },
    { assumeRolePolicy: allow({ ...federated, Condition: { StringEquals: { "gitlab.example:aud": "coinfleet" } } }) },
  ]),
  example(
    "role-no-foreign-policy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    { policyArn: "arn:aws:iam::000000000000:policy/own" },
    [
      { policyArn: "arn:aws:iam::aws:policy/AdministratorAccess" },
      { managedPolicyArns: ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"] },
    ],
  ),
  forbidden("no-users", "aws:iam/accessKey:AccessKey"),
];

const tls = JSON.stringify({
  Statement: [{ Effect: "Deny", Principal: "*", Action: "sns:Publish", Condition: { Bool: { "aws:SecureTransport": "false" } } }],
});

const secrets: readonly Example[] = [
  example(
    "secret-is-a-keeper",
    "aws:secretsmanager/secret:Secret",
    { kmsKeyId: key, recoveryWindowInDays: 30 },
    [{ kmsKeyId: undefined }, { recoveryWindowInDays: 0 }, options({ protect: false }), options({ retainOnDelete: false })],
    keeper,
  ),
  forbidden("secret-has-no-value-in-state", "aws:secretsmanager/secretVersion:SecretVersion"),
  example("no-secret-in-plain-text", instance, { userData: "prefix=/coinfleet/test/acorn-1", tags: { Name: "acorn-1" } }, [
    { userData: "export AWS_ACCESS_KEY_ID=AKIA" + "Q7RZ5N2M8K4L6P9T" },
    { userData: `RPC_PASSWORD="${"h7Kq2Zp9Xw4Lm8Rt3Vn6"}"` },
    { tags: { Name: "acorn-1", proxy: "http://user:hunter2hunter2@proxy.example" } },
    { userData: "-----BEGIN OPENSSH PRIVATE" + " KEY-----" },
  ]),
  example(
    "key-rotates",
    "aws:kms/key:Key",
    { enableKeyRotation: true, deletionWindowInDays: 30 },
    [{ enableKeyRotation: false }, { deletionWindowInDays: 1 }, options({ protect: false }), options({ retainOnDelete: false })],
    keeper,
  ),
  example("resource-policy-not-public", "aws:sns/topic:Topic", { policy: tls }, [
    { policy: JSON.stringify({ Statement: { Effect: "Allow", Principal: { AWS: "*" }, Action: "sns:Subscribe" } }) },
  ]),
];

const namespace = "Coinfleet";

const observability: readonly Example[] = [
  example("log-group-bounded", "aws:cloudwatch/logGroup:LogGroup", { retentionInDays: 7, kmsKeyId: key }, [
    { retentionInDays: undefined },
    { retentionInDays: 0 },
    { kmsKeyId: undefined },
  ]),
  example("topic-encrypted", "aws:sns/topic:Topic", { kmsMasterKeyId: key, policy: tls }, [
    { kmsMasterKeyId: undefined },
    { policy: "{}" },
  ]),
  example(
    "alarm-acts",
    alarm,
    { actionsEnabled: true, alarmActions: ["arn:of:topic"], treatMissingData: "breaching" },
    [{ actionsEnabled: false }, { alarmActions: [] }, { alarmActions: undefined }, { treatMissingData: "missing" }],
    { name: "acorn-1-alarms-node-down" },
  ),
  example("alarm-metric-published", alarm, { namespace, metricName: "Peers" }, [{ metricName: "PeersOfMine" }]),
  example("dashboard-metric-published", "aws:cloudwatch/dashboard:Dashboard", { dashboardBody: '{"metrics":[["Coinfleet","Peers"]]}' }, [
    { dashboardBody: '{"metrics":[["Coinfleet","Pears"]]}' },
  ]),
];

const release = (image: string): string => JSON.stringify({ release: "1", images: { acornd: image } });

const images: readonly Example[] = [
  example(
    "repository-immutable",
    "aws:ecr/repository:Repository",
    {
      imageTagMutability: "IMMUTABLE",
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfigurations: [{ encryptionType: "KMS" }],
    },
    [{ imageTagMutability: "MUTABLE" }, { imageScanningConfiguration: undefined }, { encryptionConfigurations: [] }],
  ),
  example("image-by-digest", parameter, { name: "/coinfleet/test/acorn-1/release", value: release(own + digest) }, [
    { value: release(`${own}:latest`) },
    { value: release(`docker.io/library/acornd${digest}`) },
    { value: release(`${own.replace("/test/", "/staging/")}${digest}`) },
    { value: "{}" },
    { name: "/coinfleet/test/acorn-1/agent", value: "docker.io/agent" },
  ]),
  example("container-confined", parameter, node(confined), [
    ...[
      "--user",
      "--cap-drop",
      "--security-opt",
      "--memory",
      "--pids-limit",
      "--cpus",
      "--ulimit",
      "--tmpfs",
      "--read-only",
      "--memory-swap",
      "--log-opt",
    ].map((flag) => node(without(flag))),
    node([...confined, "--privileged"]),
    node([...confined, "--cap-add", "NET_ADMIN"]),
    node([...confined, "--network=host"]),
    node([...confined, "--pid", "host"]),
    node([...confined, "--publish", "8332:8332"]),
    node([...confined, "--publish", "0.0.0.0:8332:8332"]),
    node([...confined, "--mount", "type=bind,source=/var/run/docker.sock,target=/docker.sock"]),
    node([...confined, "--mount", "type=bind,source=/,target=/host"]),
    node(confined.map((arg) => (arg === "60" ? "10" : arg))),
    node(confined.map((arg) => (arg === "10001:10001" ? "0:0" : arg))),
    node(confined, ["--privileged"]),
  ]),
];

/** At least one for each rule about a single resource. */
export const examples: readonly Example[] = [...hosts, ...storage, ...network, ...identity, ...secrets, ...observability, ...images];
