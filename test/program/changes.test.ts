import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parseStackFile, type StackConfig } from "@coinfleet/config";
import { parseExceptions, ruleIds, type Court } from "@coinfleet/policy";
import { assess, renderNote, type Assessment } from "@coinfleet/report";
import { stringify } from "yaml";
import { coins } from "../../coins/index.ts";
import { changes, prices, type Change } from "../engine/changes.ts";
import { fleetStackFile } from "../engine/fleet-stack-file.ts";
import { drawnPreview, recordedPreview, type Stroke } from "./drawn-change.ts";

const today = new Date().toISOString().slice(0, 10);
const up = fleetStackFile();

const alarm = "aws:cloudwatch/metricAlarm:MetricAlarm";
const attachment = "aws:ec2/volumeAttachment:VolumeAttachment";
const command = "command:local:Command";
const ingress = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const instance = "aws:ec2/instance:Instance";
const key = "aws:kms/key:Key";
const parameter = "aws:ssm/parameter:Parameter";
const rolePolicy = "aws:iam/rolePolicy:RolePolicy";
const subnet = "aws:ec2/subnet:Subnet";
const volume = "aws:ebs/volume:Volume";

const inputs =
  (changed: Readonly<Record<string, unknown>>): NonNullable<Stroke["with"]> =>
  () =>
    changed;
const policy =
  (from: string, to: string): NonNullable<Stroke["with"]> =>
  (before) => {
    const text = String(before["policy"]);
    assert.ok(text.includes(from), `the policy does not say ${from}`);
    return { policy: text.replace(from, to) };
  };

const diskAlarm = { type: alarm, name: /disk-nearly-full$/ };
const hostsPolicy = { type: rolePolicy, name: /-hosts-policy$/ };
const replacedHosts = (changed: Readonly<Record<string, unknown>>): readonly Stroke[] => [
  { type: instance, op: "replace", with: inputs(changed) },
  { type: attachment, op: "replace", with: inputs({ instanceId: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" }) },
  { type: command, name: /-(gate|detach)$/, op: "replace", with: inputs({ triggers: ["04da6b54-80e4-46f7-96ec-b56ff0331ba9"] }) },
];
const restarted = (value: unknown): readonly Stroke[] => [
  { type: parameter, name: /-config$/, op: "update", with: inputs({ value }) },
  { type: command, name: /-gate$/, op: "replace", with: inputs({ triggers: ["other"] }) },
];

/** What the engine would do, where no recording says it. */
const drawn: Readonly<Record<string, readonly Stroke[]>> = {
  "larger-volume": [
    {
      type: volume,
      name: /^litecoin/,
      op: "update",
      with: ({ tags }) => ({ tags: { ...(tags as object), "coinfleet:minimum-size-gib": "3" } }),
    },
  ],
  "volume-type": [{ type: volume, name: /^ethereum/, op: "update", with: inputs({ type: "io2", iops: 4000 }) }],
  "instance-type": replacedHosts({ instanceType: "t3.xlarge" }),
  "other-machine-image": replacedHosts({ ami: "ami-0123456789abcdef0" }),
  "stranger-machine-image": replacedHosts({ ami: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" }),
  "internal-cidr": [
    {
      type: ingress,
      name: /^litecoin-firewall-rpc-group$/,
      op: "create",
      as: () => "litecoin-firewall-rpc-10.1.0.0/16",
      with: inputs({ cidrIpv4: "10.1.0.0/16", referencedSecurityGroupId: undefined, description: "JSON-RPC, from 10.1.0.0/16" }),
    },
  ],
  "port-to-the-world": [
    { type: ingress, name: /-rpc-/, op: "update", with: inputs({ cidrIpv4: "0.0.0.0/0", referencedSecurityGroupId: undefined }) },
  ],
  ssh: [{ type: ingress, name: /-agent-/, op: "update", with: inputs({ fromPort: 22, toPort: 22 }) }],
  "alarm-loosened": [{ ...diskAlarm, op: "update", with: inputs({ threshold: 99 }) }],
  "alarm-tightened": [{ ...diskAlarm, op: "update", with: inputs({ threshold: 85 }) }],
  "alarm-slower": [{ type: alarm, op: "update", with: inputs({ datapointsToAlarm: 30, evaluationPeriods: 30 }) }],
  "alarm-removed": [{ ...diskAlarm, op: "delete" }],
  "liveness-removed": [{ type: alarm, name: /node-down$/, op: "delete" }],
  "liveness-deaf": [{ type: alarm, name: /node-down$/, op: "update", with: inputs({ treatMissingData: "notBreaching" }) }],
  "alarms-off": [{ type: alarm, op: "update", with: inputs({ actionsEnabled: false }) }],
  "alarm-of-another-node": [{ type: alarm, op: "update", with: inputs({ dimensions: { Environment: "fleet", Node: "nobody" } }) }],
  "iam-every-action": [{ ...hostsPolicy, op: "update", with: policy('"ecr:GetAuthorizationToken"', '"ecr:*"') }],
  "iam-one-more-action": [{ ...hostsPolicy, op: "update", with: policy('"ssm:GetParameter"', '"ssm:GetParameter","ssm:DeleteParameter"') }],
  "iam-less": [{ ...hostsPolicy, op: "update", with: policy('"ecr:BatchGetImage"', '"ecr:BatchCheckLayerAvailability"') }],
  "iam-other-secrets": [
    {
      type: rolePolicy,
      name: /^litecoin/,
      op: "update",
      with: (before) => ({ policy: String(before["policy"]).replace(/secret:coinfleet[^"]*/, "secret:coinfleet/fleet/*") }),
    },
  ],
  "expired-exception": [],
  "missing-exception": [],
  "renamed-volume": [{ type: volume, op: "rename", as: (name) => name.replace(/-g1$/, "-gen1") }],
  "renamed-alarm": [{ type: alarm, op: "rename", as: (name) => name.replace("-alarms-", "-alarms-a-") }],
  "renamed-host": [{ type: instance, op: "rename", as: (name) => name.replace(/-host$/, "-machine") }],
  "volume-unprotected": [{ type: volume, op: "options", options: { protect: false } }],
  "volume-not-retained": [{ type: volume, op: "options", options: { retainOnDelete: false } }],
  "volume-replaced": [{ type: volume, name: /^ethereum/, op: "replace", with: inputs({ availabilityZone: "eu-central-1b" }) }],
  "key-not-rotating": [{ type: key, op: "update", with: inputs({ enableKeyRotation: false }) }],
  "key-open-to-others": [{ type: key, op: "update", with: policy('"kms:CreateGrant"', '"kms:CreateGrant","kms:PutKeyPolicy"') }],
  "other-network": [
    { type: "aws:ec2/vpc:Vpc", op: "replace", with: inputs({ cidrBlock: "10.9.0.0/16" }) },
    { type: subnet, op: "replace", with: inputs({ vpcId: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" }) },
  ],
  "container-setting": restarted({ secret: "[secret]" }),
  "container-privileged": restarted('{"daemons":[{"name":"litecoind","arguments":["--privileged"]}],"agent":{"arguments":[]}}'),
  "logs-shorter": [{ type: "aws:cloudwatch/logGroup:LogGroup", op: "update", with: inputs({ retentionInDays: 3 }) }],
  "public-by-default": [{ type: subnet, op: "update", with: inputs({ mapPublicIpOnLaunch: true }) }],
};

function configOf({ wish }: Change): StackConfig | undefined {
  const reading = parseStackFile(stringify({ config: fleetStackFile(wish) }), coins, { environment: "fleet", file: "the stack file" });
  return "config" in reading ? reading.config : undefined;
}

function courtOf(change: Change, config: StackConfig): Court {
  const exceptions = fleetStackFile(change.wish)["coinfleet:exceptions"];
  return { stack: { config, today }, moment: "preview", exceptions: parseExceptions(exceptions, ruleIds, today).all };
}

/** `undefined`: neither recorded nor drawn. */
function previewOf(change: Change): string | undefined {
  const config = configOf(change) ?? configOf({ ...change, wish: {} });
  const strokes = drawn[change.id];
  return (
    recordedPreview(change.id) ??
    (strokes === undefined || config === undefined ? undefined : drawnPreview(strokes, courtOf(change, config)))
  );
}

function assessmentOf(change: Change): Assessment {
  const events = previewOf(change);
  assert.ok(events !== undefined, `nobody has recorded or drawn ${change.id}`);
  return assess({ environment: "production", events, config: configOf(change), prices });
}

describe("what a change to the repository would do", () => {
  assert.ok(up["coinfleet:fleet"]);
  for (const change of changes) {
    it(`${change.id} is judged: ${change.verdict}`, () => {
      const judged = assessmentOf(change);
      const note = renderNote([judged], prices);
      assert.equal(judged.verdict, change.verdict, note);
      for (const sentence of change.says) assert.ok(note.includes(sentence), `${sentence}\nis not in\n${note}`);
    });
  }

  it("is asked of the program as it is: every text that a change edits is in it", () => {
    const edits = changes.flatMap(({ id, edits = [] }) => edits.map(([path, from]) => ({ id, path, from })));
    assert.deepEqual(
      edits.filter(({ path, from }) => !readFileSync(path, "utf8").includes(from)),
      [],
    );
  });

  it("is asked of thirty changes and more", () => assert.ok(changes.length >= 30));

  it("is blocked when the preview did not come to its end", () => {
    const { verdict } = assess({ environment: "production", events: "", config: undefined, prices: undefined });
    assert.equal(verdict, "blocked");
  });
});
