import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readBootstrapValues } from "@coinfleet/config";
import { parse } from "yaml";
import { z } from "zod";
import { isAllowed, newSnapshot, policyOf, type Call, type Caller } from "./iam.ts";
import { compareWithGolden, describeResources } from "./golden.ts";
import { recordProgram, type Recorded, type StackConfigValues } from "./record-program.ts";

const file = new URL("../../packages/bootstrap/stacks/Pulumi.production.yaml", import.meta.url);
const { config } = parse(readFileSync(file, "utf8")) as { config: StackConfigValues };
const account = "333333333333";
const region = "eu-central-1";
const stateKey = `arn:aws:kms:${region}:${account}:key/00000000-0000-0000-0000-00000000000a`;
const dataKey = `arn:aws:kms:${region}:${account}:key/00000000-0000-0000-0000-000000000001`;
const boundary = `arn:aws:iam::${account}:policy/coinfleet-pipeline/coinfleet-boundary`;
const provider = `arn:aws:iam::${account}:oidc-provider/gitlab.com`;
const arn = (service: string, resource: string): string => `arn:aws:${service}:${region}:${account}:${resource}`;
const ours = { "aws:ResourceTag/coinfleet:environment": "production" };
const data = { ...ours, "aws:ResourceTag/coinfleet:backup": "production/bitcoin" };
const role = (name: string, path = "coinfleet/production"): string => `arn:aws:iam::${account}:role/${path}/${name}`;
const bucket = `arn:aws:s3:::coinfleet-state-${account}-${region}`;
const inRegion = { "aws:RequestedRegion": region };
const secret = arn("secretsmanager", "secret:coinfleet/production/bitcoin/rpc-A1b2C3");
const volume = arn("ec2", "volume/vol-0123456789abcdef0");
const host = arn("ec2", "instance/i-0123456789abcdef0");

/** What both roles do: they look. */
const looks: readonly Call[] = [
  { action: "ec2:DescribeVolumes", resource: "*", context: inRegion },
  { action: "iam:GetRole", resource: role("bitcoin-hosts-role-1234567") },
  { action: "secretsmanager:DescribeSecret", resource: secret },
  { action: "ecr:DescribeImageScanFindings", resource: arn("ecr", "repository/coinfleet/production/bitcoin-bitcoind"), context: inRegion },
  { action: "ssm:GetParameter", resource: arn("ssm", "parameter/coinfleet/production/bitcoin-1/config") },
  { action: "s3:GetObject", resource: `${bucket}/.pulumi/stacks/coinfleet/production.json` },
  { action: "kms:Decrypt", resource: stateKey },
];

const firstUse = (service: string): Call => ({
  action: "iam:CreateServiceLinkedRole",
  resource: role("AWSServiceRole", `aws-service-role/${service}`),
  context: { "iam:AWSServiceName": service },
});

/** What an update does and a preview must not. */
const changes: readonly Call[] = [
  { action: "ec2:CreateVolume", resource: volume, context: inRegion },
  { action: "ec2:ModifyVolume", resource: volume, context: { ...inRegion, ...data } },
  { action: "ec2:TerminateInstances", resource: host, context: { ...inRegion, ...ours } },
  { action: "cloudwatch:PutMetricAlarm", resource: arn("cloudwatch", "alarm:coinfleet-production-bitcoin-1-liveness"), context: inRegion },
  { action: "ecr:PutImage", resource: arn("ecr", "repository/coinfleet/production/bitcoin-bitcoind"), context: inRegion },
  { action: "ssm:PutParameter", resource: arn("ssm", "parameter/coinfleet/production/bitcoin-1/release") },
  { action: "ssm:SendCommand", resource: arn("ssm", "document/coinfleet-production-gate") },
  { action: "ssm:SendCommand", resource: host, context: ours },
  { action: "secretsmanager:CreateSecret", resource: secret },
  { action: "secretsmanager:PutSecretValue", resource: secret },
  { action: "kms:CreateGrant", resource: dataKey, context: { ...ours, "kms:ViaService": `ec2.${region}.amazonaws.com` } },
  { action: "iam:CreateRole", resource: role("bitcoin-hosts-role-1234567"), context: { "iam:PermissionsBoundary": boundary } },
  { action: "iam:PutRolePolicy", resource: role("bitcoin-hosts-role-1234567"), context: { "iam:PermissionsBoundary": boundary } },
  { action: "iam:PassRole", resource: role("bitcoin-hosts-role-1234567"), context: { "iam:PassedToService": "ec2.amazonaws.com" } },
  firstUse("elasticloadbalancing.amazonaws.com"),
  firstUse("management.chatbot.amazonaws.com"),
  { action: "s3:PutObject", resource: `${bucket}/.pulumi/stacks/coinfleet/production.json` },
];

const drillTags = { "aws:RequestTag/coinfleet:environment": "production", "aws:RequestTag/coinfleet:drill": "bitcoin" };
const ofDrill = { ...ours, "aws:ResourceTag/coinfleet:drill": "bitcoin" };
const snapshot = `arn:aws:ec2:${region}::snapshot/snap-0123456789abcdef0`;
const farSnapshot = snapshot.replace(region, "eu-west-1");
const copy = `arn:aws:ec2:${region}::snapshot/${newSnapshot}`;
const farKey = `arn:aws:kms:eu-west-1:${account}:key/00000000-0000-0000-0000-000000000003`;
const proven = { ...data, "aws:TagKeys": "coinfleet:proven" };

/** What a drill does, besides looking. */
const drills: readonly Call[] = [
  { action: "ssm:GetParametersByPath", resource: arn("ssm", "parameter/coinfleet/production/drills/plan") },
  { action: "ssm:GetParameter", resource: arn("ssm", "parameter/coinfleet/production/bitcoin-drill/template") },
  { action: "ssm:PutParameter", resource: arn("ssm", "parameter/coinfleet/production/bitcoin-drill/config") },
  { action: "ssm:PutParameter", resource: arn("ssm", "parameter/coinfleet/production/drills/run/bitcoin") },
  { action: "ssm:DeleteParameters", resource: arn("ssm", "parameter/coinfleet/production/bitcoin-drill/running") },
  { action: "ec2:RunInstances", resource: host, context: drillTags },
  { action: "ec2:RunInstances", resource: volume, context: drillTags },
  { action: "ec2:RunInstances", resource: snapshot, context: data },
  { action: "ec2:CreateTags", resource: host, context: { "ec2:CreateAction": "RunInstances" } },
  { action: "iam:PassRole", resource: role("bitcoin-drill-hosts-role-1234567"), context: { "iam:PassedToService": "ec2.amazonaws.com" } },
  { action: "ec2:CopySnapshot", resource: farSnapshot, context: data },
  { action: "ec2:CopySnapshot", resource: copy, context: drillTags },
  { action: "ec2:CreateTags", resource: copy, context: { "ec2:CreateAction": "CopySnapshot" } },
  { action: "ec2:RunInstances", resource: snapshot, context: ofDrill },
  { action: "ec2:DeleteSnapshot", resource: snapshot, context: ofDrill },
  { action: "ec2:CreateTags", resource: farSnapshot, context: proven },
  { action: "ec2:DeleteTags", resource: farSnapshot, context: proven },
  { action: "kms:Decrypt", resource: farKey, context: { ...ours, "kms:ViaService": "ec2.eu-west-1.amazonaws.com" } },
  { action: "ec2:TerminateInstances", resource: host, context: ofDrill },
  { action: "ec2:DeleteVolume", resource: volume, context: ofDrill },
  { action: "ec2:CreateTags", resource: snapshot, context: proven },
  { action: "ec2:DeleteTags", resource: snapshot, context: proven },
  { action: "ssm:SendCommand", resource: arn("ssm", "document/coinfleet-production-chain") },
  { action: "ssm:SendCommand", resource: host, context: ours },
  { action: "cloudwatch:PutMetricData", resource: "*", context: { "cloudwatch:namespace": "Coinfleet" } },
  { action: "kms:CreateGrant", resource: dataKey, context: { ...ours, "kms:ViaService": `ec2.${region}.amazonaws.com` } },
];

/** What a drill must not do. */
const notDrills: Readonly<Record<string, Call>> = {
  "an instance that is no drill": {
    action: "ec2:RunInstances",
    resource: host,
    context: { ...drillTags, "aws:RequestTag/coinfleet:drill": "" },
  },
  "a copy of a snapshot that is no backup": { action: "ec2:CopySnapshot", resource: farSnapshot, context: ours },
  "a copy of another environment's backup": {
    action: "ec2:CopySnapshot",
    resource: farSnapshot,
    context: { ...data, "aws:ResourceTag/coinfleet:environment": "elsewhere" },
  },
  "a copy of anything, because the copy is a drill's": { action: "ec2:CopySnapshot", resource: snapshot, context: drillTags },
  "a copy that is no drill's": {
    action: "ec2:CopySnapshot",
    resource: copy,
    context: { "aws:RequestTag/coinfleet:environment": "production" },
  },
  "a copy that passes for a backup": {
    action: "ec2:CopySnapshot",
    resource: copy,
    context: { ...drillTags, "aws:RequestTag/coinfleet:backup": "production/bitcoin" },
  },
  "a copy into another region": {
    action: "ec2:CopySnapshot",
    resource: copy.replace(region, "us-east-1"),
    context: drillTags,
  },
  "a tag that makes a backup a drill's": {
    action: "ec2:CreateTags",
    resource: snapshot,
    context: { ...data, "aws:TagKeys": "coinfleet:drill" },
  },
  "the end of a copied backup": { action: "ec2:DeleteSnapshot", resource: farSnapshot, context: data },
  "the end of anything in another region": { action: "ec2:DeleteSnapshot", resource: farSnapshot, context: ofDrill },
  "a copied snapshot that is no backup any more": {
    action: "ec2:DeleteTags",
    resource: farSnapshot,
    context: { ...data, "aws:TagKeys": "coinfleet:backup" },
  },
  "a key of nobody's environment": {
    action: "kms:Decrypt",
    resource: farKey,
    context: { "kms:ViaService": "ec2.eu-west-1.amazonaws.com" },
  },
  "a key by another service": {
    action: "kms:Decrypt",
    resource: farKey,
    context: { ...ours, "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com" },
  },
  "another environment's snapshot": {
    action: "ec2:RunInstances",
    resource: snapshot,
    context: { "aws:ResourceTag/coinfleet:environment": "elsewhere" },
  },
  "the role of the group's own nodes": {
    action: "iam:PassRole",
    resource: role("bitcoin-hosts-role-1234567"),
    context: { "iam:PassedToService": "ec2.amazonaws.com" },
  },
  "the end of a node": { action: "ec2:TerminateInstances", resource: host, context: ours },
  "a node's configuration": { action: "ssm:PutParameter", resource: arn("ssm", "parameter/coinfleet/production/bitcoin-1/config") },
  "a plan of its own": { action: "ssm:PutParameter", resource: arn("ssm", "parameter/coinfleet/production/drills/plan/bitcoin") },
  "a tag that makes a node a drill": { action: "ec2:CreateTags", resource: host, context: { ...ours, "aws:TagKeys": "coinfleet:drill" } },
  "a snapshot that is no backup any more": {
    action: "ec2:DeleteTags",
    resource: snapshot,
    context: { ...data, "aws:TagKeys": "coinfleet:backup" },
  },
  "a snapshot without any mark": { action: "ec2:DeleteTags", resource: snapshot, context: data },
  "a command that changes a host": { action: "ssm:SendCommand", resource: arn("ssm", "document/coinfleet-production-drain") },
  "an alarm that is switched off": {
    action: "cloudwatch:DisableAlarmActions",
    resource: arn("cloudwatch", "alarm:coinfleet-production-any"),
  },
};

/** What neither does. */
const never: Readonly<Record<string, Call>> = {
  "the end of a data volume": { action: "ec2:DeleteVolume", resource: volume, context: { ...inRegion, ...data } },
  "the end of a backup": {
    action: "ec2:DeleteSnapshot",
    resource: `arn:aws:ec2:${region}::snapshot/snap-0123456789abcdef0`,
    context: { ...inRegion, ...data },
  },
  "a volume that no longer says that it is data": {
    action: "ec2:DeleteTags",
    resource: volume,
    context: { ...inRegion, ...data, "aws:TagKeys": "coinfleet:backup" },
  },
  "a volume that says nothing any more": { action: "ec2:DeleteTags", resource: volume, context: { ...inRegion, ...data } },
  "the end of a key": { action: "kms:ScheduleKeyDeletion", resource: dataKey, context: ours },
  "the end of a secret at once": {
    action: "secretsmanager:DeleteSecret",
    resource: secret,
    context: { "secretsmanager:ForceDeleteWithoutRecovery": "true" },
  },
  "a secret's value": { action: "secretsmanager:GetSecretValue", resource: secret },
  "another program's secret": { action: "secretsmanager:PutSecretValue", resource: arn("secretsmanager", "secret:payroll/db-A1b2C3") },
  "a key without its service": { action: "kms:Decrypt", resource: dataKey, context: ours },
  "a role without its boundary": { action: "iam:CreateRole", resource: role("bitcoin-hosts-role-1234567") },
  "a role with another boundary": {
    action: "iam:CreateRole",
    resource: role("bitcoin-hosts-role-1234567"),
    context: { "iam:PermissionsBoundary": `arn:aws:iam::${account}:policy/all` },
  },
  "a role without its boundary any more": { action: "iam:DeleteRolePermissionsBoundary", resource: role("bitcoin-hosts-role-1234567") },
  "a role of a service that it does not use": firstUse("organizations.amazonaws.com"),
  "an administrator": { action: "iam:AttachRolePolicy", resource: role("bitcoin-hosts-role-1234567") },
  "a role of somebody else's": { action: "iam:PutRolePolicy", resource: role("payroll", "finance") },
  "its own role": {
    action: "iam:PutRolePolicy",
    resource: role("coinfleet-write", "coinfleet-pipeline"),
    context: { "iam:PermissionsBoundary": boundary },
  },
  "a wider boundary": { action: "iam:CreatePolicyVersion", resource: boundary },
  "another issuer of identities": { action: "iam:CreateOpenIDConnectProvider", resource: provider },
  "a shell on hosts": { action: "ssm:SendCommand", resource: arn("ssm", "document/AWS-RunShellScript") },
  "a session on a host": { action: "ssm:StartSession", resource: host, context: ours },
  "commands to other hosts": {
    action: "ssm:SendCommand",
    resource: host,
    context: { "aws:ResourceTag/coinfleet:environment": "elsewhere" },
  },
  "another region": {
    action: "ec2:RunInstances",
    resource: host.replace(region, "us-east-1"),
    context: { "aws:RequestedRegion": "us-east-1" },
  },
  "old states": { action: "s3:DeleteObjectVersion", resource: `${bucket}/.pulumi/stacks/coinfleet/production.json` },
};

/** Denial → what it alone keeps from happening. */
const denials = {
  KeepDataVolumes: "the end of a data volume",
  KeepBackups: "the end of a backup",
  KeepTheMarksOfData: "a volume that no longer says that it is data",
  KeepEveryMarkOfData: "a volume that says nothing any more",
  KeepSecretsRecoverable: "the end of a secret at once",
} as const;

const subject = (project: string, ref: string): string => `project_path:${project}:ref_type:branch:ref:${ref}`;
/** Who asks → which roles they get. */
const askers: Readonly<Record<string, readonly [subject: string, preview: boolean, write: boolean]>> = {
  "the branch that is applied": [subject("example/coinfleet", "main"), true, true],
  "a merge request": [subject("example/coinfleet", "bump-bitcoin"), true, false],
  "a branch whose name begins alike": [subject("example/coinfleet", "main-2"), true, false],
  "a tag": ["project_path:example/coinfleet:ref_type:tag:ref:main", false, false],
  "a fork": [subject("mallory/coinfleet", "main"), false, false],
  "a project whose name begins alike": [subject("example/coinfleet-2", "main"), false, false],
};

/** What a person applies before the first environment, and what its roles may do, by an evaluator of IAM policies. */
describe("the bootstrap program", function () {
  this.timeout(120_000);
  let resources: readonly Recorded[] = [];
  const named = (name: string): Recorded =>
    resources.find((one) => one.name === name && Object.keys(one.inputs).length > 0) ?? assert.fail(name);
  const real = { "arn:of:Key:state-key": stateKey, "arn:of:OpenIdConnectProvider:pipeline-identity": provider };
  const roleOf = (kind: string): Caller => ({
    name: kind,
    principal: role(`coinfleet-${kind}`, "coinfleet-pipeline"),
    policies: [policyOf(named(`pipeline-${kind}-policy`), "policy", real)],
  });

  /** Keys ask their own policy too, which leaves it to the account. */
  const may = (caller: Caller, call: Call): Promise<boolean> =>
    isAllowed(caller, call, account, call.action.startsWith("kms:") ? policyOf(named("state-key"), "policy", real) : undefined);

  before(async () => {
    ({ resources } = await recordProgram("production", config, "packages/bootstrap/index.ts"));
  });

  it("registers what a review has seen", () =>
    compareWithGolden(new URL("golden/bootstrap.txt", import.meta.url), describeResources(resources)));

  for (const [action, call] of looks.map((one) => [one.action, one] as const))
    it(`lets both roles look: ${action}`, async () => {
      assert.equal(await may(roleOf("preview"), call), true, "preview");
      assert.equal(await may(roleOf("write"), call), true, "write");
    });

  for (const call of changes)
    it(`lets the write role alone change: ${call.action} on ${call.resource.split(":")[5]?.split("/")[0]}`, async () => {
      assert.equal(await may(roleOf("write"), call), true, "write");
      assert.equal(await may(roleOf("preview"), call), false, "preview");
    });

  for (const [what, call] of Object.entries(never))
    it(`lets neither have ${what}`, async () => {
      assert.equal(await may(roleOf("write"), call), false, "write");
      assert.equal(await may(roleOf("preview"), call), false, "preview");
    });

  for (const call of drills)
    it(`lets drills ${call.action} on ${call.resource.split(":").slice(5).join(":")}`, async () =>
      assert.equal(await may(roleOf("drill"), call), true));

  for (const [what, call] of Object.entries({ ...never, ...notDrills }))
    it(`lets no drill have ${what}`, async () => assert.equal(await may(roleOf("drill"), call), false));

  for (const [sid, what] of Object.entries(denials))
    it(`would let the write role have ${what} without the denial ${sid}`, async () => {
      const policy = z
        .object({ Statement: z.array(z.looseObject({ Sid: z.string() })) })
        .loose()
        .parse(roleOf("write").policies[0]);
      const open = { ...policy, Statement: policy.Statement.filter(({ Sid }) => Sid !== sid) };
      assert.equal(open.Statement.length, policy.Statement.length - 1);
      assert.equal(await may({ ...roleOf("write"), policies: [open] }, never[what] ?? assert.fail(what)), true);
    });

  for (const [who, [sub, preview, write]] of Object.entries(askers))
    it(`gives ${who} ${write ? "every role" : preview ? "the preview role only" : "no role"}`, async () => {
      for (const [kind, may] of [
        ["preview", preview],
        ["write", write],
        ["drill", write],
      ] as const) {
        const trust = policyOf(named(`pipeline-${kind}`), "assumeRolePolicy", real);
        const call = {
          action: "sts:AssumeRoleWithWebIdentity",
          resource: roleOf(kind).principal,
          context: { "gitlab.com:aud": "coinfleet", "gitlab.com:sub": sub },
        };
        const asker = { name: who, principal: provider, policies: [] };
        assert.equal(await isAllowed(asker, call, account, trust), may, kind);
        const otherAudience = { ...call, context: { ...call.context, "gitlab.com:aud": "https://gitlab.com" } };
        assert.equal(await isAllowed(asker, otherAudience, account, trust), false, `${kind}, made out to somebody else`);
      }
    });

  it("keeps its policies within AWS's sizes", () => {
    for (const kind of ["preview", "write", "drill"])
      assert.ok(String(named(`pipeline-${kind}-policy`).inputs["policy"]).length <= 10_240, kind);
    assert.ok(String(named("pipeline-boundary").inputs["policy"]).length <= 6144);
  });

  it("says every mistake of its stack file at once", () => {
    const read = readBootstrapValues({
      region: "europe",
      allowedAccountIds: undefined,
      account: { environments: [], pipeline: { issuer: "http://a", project: "a", brunch: "b" } },
    });
    assert.ok(!("place" in read));
    assert.deepEqual(read.map(({ name, path }) => `${name} ${path}`).sort(), [
      "InvalidValue aws:region",
      "InvalidValue coinfleet:account.environments",
      "InvalidValue coinfleet:account.pipeline.issuer",
      "InvalidValue coinfleet:account.pipeline.project",
      "NoAccount aws:allowedAccountIds",
      "UnknownKey coinfleet:account.pipeline.brunch",
    ]);
  });
});
