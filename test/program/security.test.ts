import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { securityRules, violations } from "@coinfleet/policy";
import { recordProgram, stackConfig, type Recorded } from "./record-program.ts";

const stacks = readdirSync(new URL("../../stacks", import.meta.url)).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);

/** Rule → type → a change of good inputs or options that must be caught. */
const controls: Record<string, { readonly type: string; readonly spoil: (one: Recorded) => Partial<Recorded> }[]> = {
  "instance-metadata": [
    {
      type: "aws:ec2/instance:Instance",
      spoil: inputs({ metadataOptions: { httpTokens: "optional", httpPutResponseHopLimit: 1, httpProtocolIpv6: "disabled" } }),
    },
    {
      type: "aws:ec2/instance:Instance",
      spoil: inputs({ metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 2, httpProtocolIpv6: "disabled" } }),
    },
    { type: "aws:ec2/instance:Instance", spoil: inputs({ metadataOptions: undefined }) },
  ],
  "instance-no-login": [
    { type: "aws:ec2/instance:Instance", spoil: inputs({ keyName: "mine" }) },
    { type: "aws:ec2/instance:Instance", spoil: inputs({ monitoring: false }) },
  ],
  "instance-root-encrypted": [{ type: "aws:ec2/instance:Instance", spoil: inputs({ rootBlockDevice: { encrypted: false } }) }],
  "volume-is-a-keeper": [
    { type: "aws:ebs/volume:Volume", spoil: () => ({ protect: false }) },
    { type: "aws:ebs/volume:Volume", spoil: () => ({ retainOnDelete: false }) },
    { type: "aws:ebs/volume:Volume", spoil: inputs({ kmsKeyId: undefined }) },
  ],
  "attachment-not-forced": [{ type: "aws:ec2/volumeAttachment:VolumeAttachment", spoil: inputs({ forceDetach: true }) }],
  "ingress-closed": [
    { type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", spoil: inputs({ cidrIpv4: "0.0.0.0/0" }) },
    { type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", spoil: inputs({ fromPort: 22, toPort: 22 }) },
    { type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", spoil: inputs({ description: "" }) },
    { type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", spoil: inputs({ toPort: 65535 }) },
  ],
  "egress-declared": [{ type: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", spoil: inputs({ description: undefined }) }],
  "rules-on-their-own": [{ type: "aws:ec2/securityGroup:SecurityGroup", spoil: inputs({ ingress: [{}] }) }],
  "default-group-closed": [{ type: "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", spoil: inputs({ egress: undefined }) }],
  "secret-is-a-keeper": [
    { type: "aws:secretsmanager/secret:Secret", spoil: inputs({ recoveryWindowInDays: 0 }) },
    { type: "aws:secretsmanager/secret:Secret", spoil: () => ({ protect: false }) },
  ],
  "secret-has-no-value-in-state": [
    { type: "aws:secretsmanager/secret:Secret", spoil: () => ({ type: "aws:secretsmanager/secretVersion:SecretVersion" }) },
  ],
  "key-rotates": [{ type: "aws:kms/key:Key", spoil: inputs({ enableKeyRotation: false }) }],
  "log-group-bounded": [{ type: "aws:cloudwatch/logGroup:LogGroup", spoil: inputs({ retentionInDays: undefined }) }],
  "topic-encrypted": [
    { type: "aws:sns/topic:Topic", spoil: inputs({ kmsMasterKeyId: undefined }) },
    { type: "aws:sns/topic:Topic", spoil: inputs({ policy: "{}" }) },
  ],
  "repository-immutable": [{ type: "aws:ecr/repository:Repository", spoil: inputs({ imageTagMutability: "MUTABLE" }) }],
  "alarm-acts": [
    { type: "aws:cloudwatch/metricAlarm:MetricAlarm", spoil: inputs({ alarmActions: [] }) },
    { type: "aws:cloudwatch/metricAlarm:MetricAlarm", spoil: inputs({ treatMissingData: "missing" }) },
  ],
  "role-policy-least-privilege": [
    { type: "aws:iam/rolePolicy:RolePolicy", spoil: statement({ Action: ["*"], Resource: ["arn:x"] }) },
    { type: "aws:iam/rolePolicy:RolePolicy", spoil: statement({ Action: "s3:*", Resource: "arn:x" }) },
    { type: "aws:iam/rolePolicy:RolePolicy", spoil: statement({ Action: ["secretsmanager:GetSecretValue"], Resource: ["*"] }) },
    { type: "aws:iam/rolePolicy:RolePolicy", spoil: statement({ Action: ["cloudwatch:PutMetricData"], Resource: ["*"] }) },
  ],
  "role-trusts-own-account": [
    {
      type: "aws:iam/role:Role",
      spoil: inputs({ assumeRolePolicy: JSON.stringify({ Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: {} }] }) }),
    },
  ],
};

function inputs(changed: Record<string, unknown>): (one: Recorded) => Partial<Recorded> {
  return (one) => ({ inputs: { ...one.inputs, ...changed } });
}

function statement(changed: Record<string, unknown>): (one: Recorded) => Partial<Recorded> {
  return inputs({ policy: JSON.stringify({ Statement: [{ Effect: "Allow", ...changed }] }) });
}

for (const stack of stacks) {
  describe(`security rules on stacks/Pulumi.${stack}.yaml`, function () {
    this.timeout(60_000);
    let resources: readonly Recorded[] = [];
    before(async () => ({ resources } = await recordProgram(stack, stackConfig(stack))));

    it("hold for every resource", () => assert.deepEqual(violations(resources), []));

    it("look at resources that are there", () => {
      const types = new Set(resources.map((one) => one.type));
      const blind = securityRules.filter(
        (rule) => rule.id !== "secret-has-no-value-in-state" && !rule.types.some((type) => types.has(type)),
      );
      assert.deepEqual(
        blind.map((rule) => rule.id),
        [],
      );
    });

    for (const [rule, spoiled] of Object.entries(controls)) {
      spoiled.forEach(({ type, spoil }, index) => {
        it(`fails ${rule} when it is broken on purpose, way ${index + 1}`, () => {
          const candidates = resources.filter((one) => one.type === type).map((one) => ({ ...one, ...spoil(one) }));
          assert.ok(violations(candidates).some((found) => found.rule === rule));
        });
      });
    }
  });
}

it("has a way to break each security rule", () => {
  assert.deepEqual(Object.keys(controls).sort(), securityRules.map((rule) => rule.id).sort());
});

it("writes no secret and no password into any input of the program", async function () {
  this.timeout(60_000);
  const { resources } = await recordProgram("sandbox", stackConfig("sandbox"));
  const suspicious = resources.filter((one) =>
    /password"?\s*[:=]\s*"?(?!\\?"?\\u007b|\{\{)[A-Za-z0-9+/]{16,}/i.test(JSON.stringify(one.inputs)),
  );
  assert.deepEqual(
    suspicious.map((one) => one.name),
    [],
  );
});
