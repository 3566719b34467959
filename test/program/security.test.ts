import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parseStackFile } from "@coinfleet/config";
import {
  isExpired,
  parseExceptions,
  resourceRules,
  ruleIds,
  tell,
  violations,
  type Court,
  type Exceptions,
  type Violation,
} from "@coinfleet/policy";
import { coins } from "../../coins/index.ts";
import { recordProgram, stackConfig, stacks, type Recorded } from "./record-program.ts";

const today = new Date().toISOString().slice(0, 10);

/** Types of which no stack has one: their rules are judged by examples only. */
const notMade: ReadonlySet<string> = new Set([
  "aws:ecr/repositoryPolicy:RepositoryPolicy",
  "aws:iam/policy:Policy",
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  "aws:s3/bucketPolicy:BucketPolicy",
  "aws:secretsmanager/secretPolicy:SecretPolicy",
  "aws:sns/topicPolicy:TopicPolicy",
  "aws:sqs/queue:Queue",
  "aws:ec2/networkAclRule:NetworkAclRule",
  "aws:ec2/securityGroupRule:SecurityGroupRule",
  "aws:ec2/snapshotCreateVolumePermission:SnapshotCreateVolumePermission",
  "aws:iam/accessKey:AccessKey",
  "aws:iam/user:User",
  "aws:lambda/functionUrl:FunctionUrl",
  "aws:lambda/permission:Permission",
  "aws:lb/loadBalancer:LoadBalancer",
  "aws:alb/loadBalancer:LoadBalancer",
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
  "aws:secretsmanager/secretVersion:SecretVersion",
  "random:index/randomPassword:RandomPassword",
]);

const exceptionsOf = (stack: string): Exceptions => parseExceptions(stackConfig(stack)["coinfleet:exceptions"], ruleIds, today);

function courtOf(stack: string): Court {
  const file = `stacks/Pulumi.${stack}.yaml`;
  const reading = parseStackFile(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"), coins, { environment: stack, file });
  assert.ok("config" in reading, "text" in reading ? reading.text : "");
  return { stack: { config: reading.config, today }, moment: "up", exceptions: exceptionsOf(stack).all };
}

type Spoil = (one: Recorded) => Partial<Recorded>;

const inputs =
  (changed: Record<string, unknown>): Spoil =>
  (one) => ({ inputs: { ...one.inputs, ...changed } });

/** Real resources of the program, spoiled: rules must see the shapes that the program really makes. */
const controls: readonly (readonly [rule: string, type: string, spoil: Spoil])[] = [
  ["instance-metadata", "aws:ec2/instance:Instance", inputs({ metadataOptions: { httpTokens: "optional" } })],
  ["instance-root-encrypted", "aws:ec2/instance:Instance", inputs({ rootBlockDevice: { encrypted: false } })],
  ["volume-is-a-keeper", "aws:ebs/volume:Volume", () => ({ protect: false })],
  ["volume-is-a-keeper", "aws:ebs/volume:Volume", () => ({ retainOnDelete: false })],
  ["ingress-closed", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", inputs({ cidrIpv4: "0.0.0.0/0" })],
  ["public-only-peers", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", inputs({ cidrIpv4: "0.0.0.0/0", fromPort: 1 })],
  ["group-spread-over-zones", "aws:ebs/volume:Volume", inputs({ availabilityZone: "eu-central-1a" })],
  ["node-has-liveness-alarm", "aws:cloudwatch/metricAlarm:MetricAlarm", inputs({ treatMissingData: "notBreaching" })],
  ["alarm-acts", "aws:cloudwatch/metricAlarm:MetricAlarm", inputs({ actionsEnabled: false })],
  [
    "image-by-digest",
    "aws:ssm/parameter:Parameter",
    (one) => ({ inputs: { ...one.inputs, value: String(one.inputs["value"]).replaceAll("@sha256:", ":") } }),
  ],
  [
    "container-confined",
    "aws:ssm/parameter:Parameter",
    (one) => ({ inputs: { ...one.inputs, value: String(one.inputs["value"]).replaceAll('"--read-only",', "") } }),
  ],
  [
    "no-secret-in-plain-text",
    "aws:ssm/parameter:Parameter",
    (one) => ({ inputs: { ...one.inputs, value: String(one.inputs["value"]).replaceAll("\\u007b\\u007bsecret", "h7Kq2Zp9Xw4Lm8Rt3Vn6") } }),
  ],
  ["role-of-one-group", "aws:ec2/instance:Instance", inputs({ iamInstanceProfile: "shared" })],
];

const blocking = (found: readonly Violation[]): readonly Violation[] => found.filter((one) => one.isBlocking);

for (const stack of stacks) {
  describe(`the policy's rules on stacks/Pulumi.${stack}.yaml`, function () {
    this.timeout(300_000);
    let resources: readonly Recorded[] = [];
    before(async () => ({ resources } = await recordProgram(stack, stackConfig(stack))));

    it("hold for every resource and for the stack, but for its exceptions", () =>
      assert.deepEqual(
        blocking(violations(resources, courtOf(stack))).map((one) => `${one.rule}: ${tell(one, today)}`),
        [],
      ));

    it("have exceptions that are well formed and have not expired", () => {
      const { all, problems } = exceptionsOf(stack);
      assert.deepEqual(problems, []);
      assert.deepEqual(
        all.filter((one) => isExpired(one, today)),
        [],
      );
    });

    it("look at resources that are there", () => {
      const types = resources.map((one) => one.type);
      const blind = resourceRules.flatMap((rule) => rule.types).filter((type) => !type.endsWith("*") && !notMade.has(type));
      assert.deepEqual(
        blind.filter((type) => !types.includes(type)),
        [],
      );
    });

    controls.forEach(([rule, type, spoil], index) => {
      it(`${rule} catches a real ${type} that is spoiled (${index + 1})`, () => {
        const spoiled = resources.map((one) => (one.type === type ? { ...one, ...spoil(one) } : one));
        assert.ok(violations(spoiled, courtOf(stack)).some((found) => found.rule === rule));
      });
    });
  });
}
