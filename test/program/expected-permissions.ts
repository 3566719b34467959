import assert from "node:assert/strict";
import { coordinationTable, groupScope, holdScope, metricNamespace } from "@coinfleet/sdk";
import {
  arn,
  expect,
  keyArn,
  ofType,
  otherRegion,
  realArns,
  region,
  roleArn,
  roleOf,
  roles,
  stranger,
  tag,
  tagsOf,
  text,
  type Environment,
  type Expectation,
} from "./environment.ts";
import { ofGrower } from "./expected-grower.ts";
import { isAllowed, policyOf, type Call, type Caller } from "./iam.ts";
import type { Recorded } from "./record-program.ts";

/** Policies of the program's resources, by ARN: what AWS asks besides the caller's own. */
function resourcePolicies(env: Environment): ReadonlyMap<string, unknown> {
  const of = (type: string, key: string, arnOf: (one: Recorded) => string): [string, unknown][] =>
    ofType(env, type).map((one) => [arnOf(one), policyOf(one, key, realArns(env))]);
  return new Map([
    ...of("aws:iam/role:Role", "assumeRolePolicy", (one) => roleArn(env, one)),
    ...of("aws:kms/key:Key", "policy", () => keyArn(env)),
    ...of("aws:sns/topic:Topic", "policy", (one) => arn(env, "sns", text(one, "name"))),
    ...of("aws:ecr/repositoryPolicy:RepositoryPolicy", "policy", (one) => arn(env, "ecr", `repository/${text(one, "repository")}`)),
  ]);
}

/** All secrets, by the group that owns them. Secrets Manager adds six characters to each name. */
const secrets = (env: Environment): { readonly group: string; readonly name: string; readonly arn: string }[] =>
  ofType(env, "aws:secretsmanager/secret:Secret").map((one) => ({
    group: tag(one, "group") ?? "",
    name: text(one, "name"),
    arn: arn(env, "secretsmanager", `secret:${text(one, "name")}-A1b2C3`),
  }));

const viaSecretsManager = (secret: string): Record<string, string> => ({
  "kms:ViaService": `secretsmanager.${region}.amazonaws.com`,
  "kms:EncryptionContext:SecretARN": secret,
});

const pull = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"];

/** What the hosts of a group may do with what is theirs, and not with what is their neighbours'. */
function ofHosts(env: Environment, name: string, lent: readonly string[]): Expectation[] {
  const hosts = roleOf(env, `${name}-hosts-role`);
  const group = name.replace(/-drill$/, "");
  const readsKey = secrets(env).map((secret) => ({ secret, isOwn: secret.group === group || lent.includes(secret.name) }));
  return [
    ...readsKey.flatMap(({ secret, isOwn }) => [
      ...expect(isOwn, hosts, [
        { action: "secretsmanager:GetSecretValue", resource: secret.arn },
        { action: "kms:Decrypt", resource: keyArn(env), context: viaSecretsManager(secret.arn) },
      ]),
      ...expect(false, hosts, [{ action: "secretsmanager:PutSecretValue", resource: secret.arn }]),
    ]),
    ...ofType(env, "aws:ssm/parameter:Parameter").flatMap((one) => {
      const resource = arn(env, "ssm", `parameter${text(one, "name")}`);
      // A group's nodes and its throw-away node are strangers to each other; the plan of the drills is for whoever holds them.
      const isOfDrill = text(one, "name").startsWith(`/coinfleet/${env.name}/${group}-drill/`);
      const isPlan = text(one, "name").startsWith(`/coinfleet/${env.name}/drills/`);
      const isOwn = tag(one, "group") === group && isOfDrill === (name !== group) && !isPlan;
      const isRead = isOwn && !resource.endsWith("/template");
      return [
        ...expect(isRead, hosts, [{ action: "ssm:GetParameter", resource }]),
        // The program alone says what a node is to be.
        ...expect(false, hosts, [{ action: "ssm:PutParameter", resource }]),
        ...expect(isOwn, hosts, [{ action: "ssm:PutParameter", resource: resource.replace(/\/[a-z]+$/, "/running") }]),
      ];
    }),
    ...ofType(env, "aws:cloudwatch/logGroup:LogGroup").flatMap((one) =>
      expect(text(one, "name") === `/coinfleet/${env.name}/${group}`, hosts, [
        { action: "logs:PutLogEvents", resource: arn(env, "logs", `log-group:${text(one, "name")}:log-stream:daemon`) },
      ]),
    ),
    ...ofType(env, "aws:ebs/volume:Volume").flatMap((one) =>
      expect(
        false,
        hosts,
        ["AttachVolume", "DetachVolume", "DeleteVolume", "ModifyVolume", "CreateSnapshot"].map((action) => ({
          action: `ec2:${action}`,
          resource: arn(env, "ec2", `volume/vol-${one.name.length.toString(16).padStart(17, "0")}`),
          context: tagsOf(one),
        })),
      ),
    ),
    ...groupsOf(env).flatMap((other) => ofCoordination(env, hosts, other, other === name)),
    ...expect(false, hosts, forbiddenToHosts(env)),
    ...expect(true, hosts, [
      { action: "ecr:GetAuthorizationToken", resource: "*" },
      { action: "ssm:UpdateInstanceInformation", resource: arn(env, "ec2", "instance/i-0123456789abcdef0") },
      { action: "cloudwatch:PutMetricData", resource: "*", context: { "cloudwatch:namespace": metricNamespace } },
    ]),
  ];
}

/** A group's lock is its hosts' own; what operators say of it they can only read. */
function ofCoordination(env: Environment, hosts: Caller, group: string, isOwn: boolean): Expectation[] {
  const resource = arn(env, "dynamodb", `table/${coordinationTable(env.name)}`);
  const on = (scope: string, ...actions: string[]): Call[] =>
    actions.map((action) => ({ action: `dynamodb:${action}`, resource, context: { "dynamodb:LeadingKeys": [scope] } }));
  return [
    ...expect(isOwn, hosts, [...on(groupScope(group), "PutItem", "DeleteItem", "Query"), ...on(holdScope(group), "Query")]),
    ...expect(false, hosts, [...on(holdScope(group), "PutItem", "DeleteItem"), ...on(groupScope(group), "GetItem", "UpdateItem")]),
  ];
}

/** What no host does, whosever it is. */
function forbiddenToHosts(env: Environment): Call[] {
  const documents = ofType(env, "aws:ssm/document:Document").flatMap((one) => [
    { action: "ssm:SendCommand", resource: arn(env, "ssm", `document/${text(one, "name")}`) },
    { action: "ssm:UpdateDocument", resource: arn(env, "ssm", `document/${text(one, "name")}`) },
  ]);
  const repositories = ofType(env, "aws:ecr/repository:Repository").map((one) => ({
    action: "ecr:PutImage",
    resource: arn(env, "ecr", `repository/${text(one, "name")}`),
  }));
  const takeRoles = [...roles(env).values()].flatMap(({ principal }) => [
    { action: "sts:AssumeRole", resource: principal },
    { action: "iam:PassRole", resource: principal },
    { action: "iam:PutRolePolicy", resource: principal },
  ]);
  const elsewhere = { ...env, name: "elsewhere" };
  return [
    ...documents,
    ...repositories,
    ...takeRoles,
    { action: "kms:Decrypt", resource: keyArn(env) },
    { action: "kms:Decrypt", resource: keyArn(env), context: { "kms:ViaService": `ec2.${region}.amazonaws.com` } },
    { action: "kms:CreateGrant", resource: keyArn(env) },
    { action: "kms:PutKeyPolicy", resource: keyArn(env) },
    { action: "kms:ScheduleKeyDeletion", resource: keyArn(env) },
    { action: "cloudwatch:PutMetricData", resource: "*", context: { "cloudwatch:namespace": "AWS/EBS" } },
    { action: "cloudwatch:DisableAlarmActions", resource: arn(env, "cloudwatch", "alarm:any") },
    { action: "ssm:SendCommand", resource: arn(env, "ec2", "instance/i-0123456789abcdef0") },
    { action: "ec2:ModifyInstanceMetadataOptions", resource: arn(env, "ec2", "instance/i-0123456789abcdef0") },
    { action: "ec2:TerminateInstances", resource: arn(env, "ec2", "instance/i-0123456789abcdef0") },
    { action: "dynamodb:Scan", resource: arn(env, "dynamodb", `table/${coordinationTable(env.name)}`) },
    // A request that names no key must not pass for one that names the group's own.
    { action: "dynamodb:PutItem", resource: arn(env, "dynamodb", `table/${coordinationTable(env.name)}`) },
    { action: "dynamodb:DeleteTable", resource: arn(env, "dynamodb", `table/${coordinationTable(env.name)}`) },
    { action: "sns:Publish", resource: arn(env, "sns", `coinfleet-${env.name}-page`) },
    {
      action: "secretsmanager:GetSecretValue",
      resource: arn(elsewhere, "secretsmanager", "secret:coinfleet/elsewhere/bitcoin/rpc-A1b2C3"),
    },
    { action: "ssm:GetParameter", resource: arn(elsewhere, "ssm", "parameter/coinfleet/elsewhere/bitcoin-1/config") },
    { action: "ecr:BatchGetImage", resource: arn(elsewhere, "ecr", "repository/coinfleet/elsewhere/bitcoin-bitcoind") },
  ];
}

/** Repositories: a group's hosts pull what its parameters name, and nothing else. */
function ofPulls(env: Environment, name: string): Expectation[] {
  const hosts = roleOf(env, `${name}-hosts-role`);
  const group = name.replace(/-drill$/, "");
  const own = ofType(env, "aws:ssm/parameter:Parameter").filter((one) => tag(one, "group") === group);
  const named = own.map((one) => text(one, "value")).join("\n");
  return ofType(env, "aws:ecr/repository:Repository").flatMap((one) =>
    expect(
      named.includes(`/${text(one, "name")}@sha256:`),
      hosts,
      pull.map((action) => ({ action, resource: arn(env, "ecr", `repository/${text(one, "name")}`) })),
    ),
  );
}

const groupsOf = (env: Environment): string[] =>
  ofType(env, "aws:iam/role:Role").flatMap(({ name }) => (name.endsWith("-hosts-role") ? [name.slice(0, -"-hosts-role".length)] : []));

/** Snapshots of this environment's volumes, and nothing else: neither others' volumes, nor an end of others' snapshots. */
function ofBackups(env: Environment): Expectation[] {
  const backups = roleOf(env, "backups-role");
  const volume = arn(env, "ec2", "volume/vol-0123456789abcdef0");
  const snapshot = `arn:aws:ec2:${region}::snapshot/snap-0123456789abcdef0`;
  const copy = `arn:aws:ec2:${otherRegion}::snapshot/snap-0123456789abcdef0`;
  const of = (environment: string): Record<string, string> => ({ "aws:ResourceTag/coinfleet:environment": environment });
  return [
    ...expect(true, backups, [
      { action: "ec2:CreateSnapshot", resource: volume, context: of(env.name) },
      { action: "ec2:CreateSnapshot", resource: snapshot },
      { action: "ec2:CopySnapshot", resource: copy },
      { action: "ec2:CreateTags", resource: snapshot },
      { action: "ec2:CreateTags", resource: snapshot, context: of(env.name) },
      { action: "ec2:DeleteSnapshot", resource: snapshot, context: of(env.name) },
      { action: "ec2:DeleteSnapshot", resource: copy, context: of(env.name) },
      { action: "kms:GenerateDataKeyWithoutPlaintext", resource: keyArn(env) },
      { action: "kms:CreateGrant", resource: keyArn(env), context: { "kms:GrantIsForAWSResource": "true" } },
    ]),
    ...expect(false, backups, [
      { action: "ec2:CreateSnapshot", resource: volume, context: of("elsewhere") },
      { action: "ec2:CreateSnapshot", resource: volume },
      { action: "ec2:DeleteSnapshot", resource: snapshot, context: of("elsewhere") },
      { action: "ec2:DeleteSnapshot", resource: snapshot },
      { action: "ec2:CreateTags", resource: snapshot, context: of("elsewhere") },
      { action: "ec2:ModifySnapshotAttribute", resource: snapshot, context: of(env.name) },
      { action: "ec2:DeleteVolume", resource: volume, context: of(env.name) },
      { action: "ec2:CreateTags", resource: volume, context: of(env.name) },
      { action: "kms:CreateGrant", resource: keyArn(env), context: { "kms:GrantIsForAWSResource": "false" } },
      { action: "kms:Decrypt", resource: arn(env, "kms", "key/00000000-0000-0000-0000-000000000002") },
      { action: "kms:ScheduleKeyDeletion", resource: keyArn(env) },
      ...secrets(env).map((secret) => ({ action: "secretsmanager:GetSecretValue", resource: secret.arn })),
    ]),
  ];
}

/** The one log group of the flow logs. */
function ofFlowLogs(env: Environment): Expectation[] {
  const flowLogs = roleOf(env, "network-flow-logs-role");
  return ofType(env, "aws:cloudwatch/logGroup:LogGroup").flatMap((one) => {
    const name = text(one, "name");
    const isOwn = name.endsWith("/vpc/flow-logs");
    const stream = arn(env, "logs", `log-group:${name}:log-stream:eni`);
    return [
      ...expect(isOwn, flowLogs, [{ action: "logs:PutLogEvents", resource: stream }]),
      ...expect(false, flowLogs, [
        { action: "logs:GetLogEvents", resource: stream },
        { action: "logs:DeleteLogGroup", resource: arn(env, "logs", `log-group:${name}`) },
        { action: "logs:PutRetentionPolicy", resource: arn(env, "logs", `log-group:${name}`) },
      ]),
    ];
  });
}

/** What people in Slack see: alarms, where there is a channel at all. */
function ofSlack(env: Environment): Expectation[] {
  const slack = roles(env).get("alerts-slack-role");
  if (slack === undefined) return [];
  const own = arn(env, "cloudwatch", `alarm:coinfleet-${env.name}-bitcoin-1-liveness`);
  return [
    ...expect(true, slack, [
      { action: "cloudwatch:DescribeAlarms", resource: own },
      { action: "cloudwatch:DescribeAlarmHistory", resource: own },
    ]),
    ...expect(false, slack, [
      { action: "cloudwatch:DescribeAlarms", resource: arn(env, "cloudwatch", "alarm:coinfleet-elsewhere-bitcoin-1-liveness") },
      { action: "cloudwatch:SetAlarmState", resource: own },
      { action: "cloudwatch:DisableAlarmActions", resource: own },
      { action: "cloudwatch:DeleteAlarms", resource: own },
      { action: "kms:Decrypt", resource: keyArn(env) },
      ...ofType(env, "aws:ssm/document:Document").map((one) => ({
        action: "ssm:SendCommand",
        resource: arn(env, "ssm", `document/${text(one, "name")}`),
      })),
      ...secrets(env).map((secret) => ({ action: "secretsmanager:GetSecretValue", resource: secret.arn })),
    ]),
  ];
}

const service = (name: string): Caller => ({ name, principal: name, policies: [] });
const account = (id: string): Caller => ({
  name: `administrator of ${id}`,
  principal: `arn:aws:iam::${id}:role/administrator`,
  policies: [{ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] }],
});
const from = (id: string): Record<string, string> => ({ "aws:SourceAccount": id });

/** Which service takes which role, on behalf of this account only. */
function ofTrust(env: Environment): Expectation[] {
  return ofType(env, "aws:iam/role:Role").flatMap((role) => {
    const own = role.name.endsWith("-hosts-role")
      ? "ec2"
      : {
          "backups-role": "dlm",
          "network-flow-logs-role": "vpc-flow-logs",
          "alerts-slack-role": "chatbot",
          "grower-role": "ssm",
          "grower-start-role": "events",
        }[role.name];
    assert.ok(own !== undefined, `${role.name}: say here who takes it`);
    const resource = roleArn(env, role);
    const take = (id: string): Call[] => [{ action: "sts:AssumeRole", resource, context: from(id) }];
    // EC2 acts for whoever of this account may pass the role to an instance, and says no account.
    const saysForWhom = own !== "ec2";
    const others = ["ec2", "dlm", "vpc-flow-logs", "lambda", "ssm", "events"].filter((one) => one !== own);
    return [
      ...expect(true, service(`${own}.amazonaws.com`), take(env.account)),
      ...expect(!saysForWhom, service(`${own}.amazonaws.com`), [...take(stranger), { action: "sts:AssumeRole", resource }]),
      ...others.flatMap((one) => expect(false, service(`${one}.amazonaws.com`), take(env.account))),
      ...expect(false, account(stranger), take(stranger)),
      ...expect(false, account(env.account), take(env.account)),
    ];
  });
}

/** The key: its account, and the services that encrypt with it for this account. */
function ofKey(env: Environment, readers: readonly string[]): Expectation[] {
  const decrypt = (context: Record<string, string>): Call[] => [{ action: "kms:Decrypt", resource: keyArn(env), context }];
  const logs = (group: string): Record<string, string> => ({
    "kms:EncryptionContext:aws:logs:arn": arn(env, "logs", `log-group:${group}`),
  });
  return [
    ...expect(true, service(`logs.${region}.amazonaws.com`), decrypt(logs(`/coinfleet/${env.name}/bitcoin`))),
    ...expect(false, service(`logs.${region}.amazonaws.com`), decrypt(logs("/coinfleet/elsewhere/bitcoin"))),
    ...expect(true, service("cloudwatch.amazonaws.com"), decrypt(from(env.account))),
    ...expect(false, service("cloudwatch.amazonaws.com"), decrypt(from(stranger))),
    ...expect(true, service("dlm.amazonaws.com"), decrypt(from(env.account))),
    ...expect(false, service("dlm.amazonaws.com"), decrypt(from(stranger))),
    ...expect(false, service("lambda.amazonaws.com"), decrypt(from(env.account))),
    ...expect(false, account(stranger), decrypt({})),
    ...expect(true, account(env.account), [{ action: "kms:EnableKeyRotation", resource: keyArn(env) }]),
    // Who launches shared images does so by EBS, and reads nothing else with the key.
    ...[...readers, stranger].flatMap((reader) => {
      const launching = { "kms:ViaService": `ec2.${region}.amazonaws.com`, "kms:GrantIsForAWSResource": "true" };
      const grant = (context: Record<string, string>): Call[] => [{ action: "kms:CreateGrant", resource: keyArn(env), context }];
      return [
        ...expect(reader !== stranger, account(reader), [
          ...decrypt({ "kms:ViaService": launching["kms:ViaService"] }),
          ...grant(launching),
        ]),
        ...expect(false, account(reader), [
          ...decrypt({}),
          ...decrypt(viaSecretsManager("any")),
          ...grant({ ...launching, "kms:GrantIsForAWSResource": "false" }),
        ]),
        ...expect(false, account(reader), [{ action: "kms:ScheduleKeyDeletion", resource: keyArn(env) }]),
      ];
    }),
  ];
}

/** Topics: alarms of this account publish, with TLS. */
function ofTopics(env: Environment): Expectation[] {
  return ofType(env, "aws:sns/topic:Topic").flatMap((topic) => {
    const publish = (context: Record<string, string>): Call[] => [
      { action: "sns:Publish", resource: arn(env, "sns", text(topic, "name")), context },
    ];
    return [
      ...expect(true, service("cloudwatch.amazonaws.com"), publish(from(env.account))),
      ...expect(false, service("cloudwatch.amazonaws.com"), publish(from(stranger))),
      ...expect(false, service("lambda.amazonaws.com"), publish(from(env.account))),
      ...expect(true, account(env.account), publish({})),
      ...expect(false, account(env.account), publish({ "aws:SecureTransport": "false" })),
      ...expect(false, account(stranger), publish({})),
    ];
  });
}

/** Repositories that are shared: their readers pull and read what scans have found, and do nothing else. */
function ofReaders(env: Environment, readers: readonly string[]): Expectation[] {
  return ofType(env, "aws:ecr/repositoryPolicy:RepositoryPolicy").flatMap((one) => {
    const resource = arn(env, "ecr", `repository/${text(one, "repository")}`);
    const calls = (actions: readonly string[]): Call[] => actions.map((action) => ({ action, resource }));
    return [
      ...readers.flatMap((reader) => [
        ...expect(true, account(reader), calls([...pull, "ecr:DescribeImageScanFindings"])),
        ...expect(false, account(reader), calls(["ecr:PutImage", "ecr:DeleteRepository", "ecr:SetRepositoryPolicy"])),
      ]),
      ...expect(false, account(stranger), calls(pull)),
    ];
  });
}

/** Secrets that a group's server lends it. */
type Lent = Readonly<Record<string, readonly string[]>>;

/** The whole of it: who may do more, or less, than is expected. */
export async function deviations(env: Environment, readers: readonly string[], lent: Lent): Promise<string[]> {
  const expected = [
    ...groupsOf(env).flatMap((group) => [...ofHosts(env, group, lent[group] ?? []), ...ofPulls(env, group)]),
    ...ofBackups(env),
    ...ofFlowLogs(env),
    ...ofGrower(env),
    ...ofSlack(env),
    ...ofTrust(env),
    ...ofKey(env, readers),
    ...ofTopics(env),
    ...ofReaders(env, readers),
  ];
  assert.ok(expected.length > 200, `${expected.length} calls`);
  const found: string[] = [];
  const policies = resourcePolicies(env);
  for (const { caller, call, may } of expected) {
    if ((await isAllowed(caller, call, env.account, policies.get(call.resource))) === may) continue;
    found.push(`${caller.name} ${may ? "may not" : "may"} ${call.action} on ${call.resource} ${JSON.stringify(call.context ?? {})}`);
  }
  return found;
}
