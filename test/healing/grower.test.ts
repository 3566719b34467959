import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import {
  AttachVolumeCommand,
  CreateSubnetCommand,
  CreateVolumeCommand,
  CreateVpcCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  EC2Client,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { CreateDocumentCommand, GetAutomationExecutionCommand, SSMClient, StartAutomationExecutionCommand } from "@aws-sdk/client-ssm";
import { Coordination } from "@coinfleet/coordination";
import { renderGrower } from "@coinfleet/host";
import type { ApiAlone } from "@coinfleet/sandbox";
import { coordinationTable, volumeTags } from "@coinfleet/sdk";
import { createTable, startApi } from "./coordination-table.ts";

const zone = "eu-central-1a";

/** The grower's own script against the sandbox's EBS and DynamoDB. That a host's file system follows is shown by test/fleet. */
describe("the grower", function () {
  this.timeout(120_000);
  let api: ApiAlone;
  let ec2: EC2Client;
  let ssm: SSMClient;
  let cloudWatch: CloudWatchClient;
  let instanceId: string;
  let roleArn: string;
  let tests = 0;
  let environment: string;
  let table: Coordination;

  before(async () => {
    api = await startApi();
    [ec2, ssm, cloudWatch] = [new EC2Client({}), new SSMClient({}), new CloudWatchClient({})];
    roleArn = await createRole(api.endpoint);
    instanceId = await launch(ec2);
  });
  after(() => api.stop());

  beforeEach(async () => {
    environment = `test${++tests}`;
    await createTable(environment);
    table = new Coordination({ table: coordinationTable(environment) });
    const Content = renderGrower(environment, roleArn);
    await ssm.send(new CreateDocumentCommand({ Name: environment, DocumentType: "Automation", DocumentFormat: "JSON", Content }));
  });

  /** A volume of 10 GiB, attached, whose node publishes how full it is. */
  async function volume(node: string, usedPercent: number | undefined, { maximumGiB = 30, growByPercent = 25 } = {}): Promise<string> {
    const tags = { "coinfleet:environment": environment, "coinfleet:group": "litecoin", "coinfleet:node": node };
    const limits = { [volumeTags.maximum]: String(maximumGiB), [volumeTags.step]: String(growByPercent) };
    const Tags = Object.entries({ ...tags, ...limits }).map(([Key, Value]) => ({ Key, Value }));
    const made = await ec2.send(
      new CreateVolumeCommand({ AvailabilityZone: zone, Size: 10, TagSpecifications: [{ ResourceType: "volume", Tags }] }),
    );
    const VolumeId = made.VolumeId ?? "";
    await until(async () => (await ec2.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId] }))).Volumes?.[0]?.State === "available");
    await ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId: instanceId, Device: `/dev/sd${String.fromCharCode(102 + devices++)}` }));
    await until(async () => (await ec2.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId] }))).Volumes?.[0]?.State === "in-use");
    if (usedPercent !== undefined) await publish(node, usedPercent);
    return VolumeId;
  }
  let devices = 0;

  async function publish(node: string, Value: number): Promise<void> {
    const Dimensions = Object.entries({ Environment: environment, Node: node }).map(([Name, value]) => ({ Name, Value: value }));
    const MetricData = [{ MetricName: "DataVolumeUsedPercent", Dimensions, Value, Timestamp: new Date(), StorageResolution: 1 }];
    await cloudWatch.send(new PutMetricDataCommand({ Namespace: "Coinfleet", MetricData }));
  }

  interface Outcome {
    readonly grown: Readonly<Record<string, number>>;
    readonly refused: Readonly<Record<string, string>>;
  }

  async function look(): Promise<Outcome> {
    const { AutomationExecutionId } = await ssm.send(new StartAutomationExecutionCommand({ DocumentName: environment }));
    let outcome: Outcome | undefined;
    await until(async () => {
      const { AutomationExecution: one } = await ssm.send(new GetAutomationExecutionCommand({ AutomationExecutionId }));
      const [step] = one?.StepExecutions ?? [];
      assert.notEqual(one?.AutomationExecutionStatus, "Failed", step?.FailureMessage);
      if (one?.AutomationExecutionStatus !== "Success") return false;
      outcome = JSON.parse(step?.Outputs?.["Payload"]?.[0] ?? "") as Outcome;
      return true;
    });
    return outcome ?? assert.fail("no outcome");
  }

  const sizeOf = async (id: string): Promise<number | undefined> =>
    (await ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] }))).Volumes?.[0]?.Size;

  it("grows what is four fifths full by the step, writes down why, and leaves the rest alone", async () => {
    const ids = [await volume("litecoin-1", 80), await volume("litecoin-2", 79.9), await volume("litecoin-3", undefined)];
    assert.deepEqual(await look(), { grown: { "litecoin-1": 13 }, refused: {} });
    await until(async () => (await sizeOf(ids[0] ?? "")) === 13);
    assert.deepEqual(await Promise.all(ids.map(sizeOf)), [13, 10, 10]);
    const [action, ...more] = await table.actionsSince("litecoin", 0);
    assert.deepEqual(more, []);
    assert.deepEqual([action?.node, action?.kind, action?.by], ["litecoin-1", "grow", "grower"]);
    assert.equal(action?.why, `${ids[0]} is 80 % full: 10 to 13 GiB`);
    assert.deepEqual((await table.everything()).locks, []);
    // The metric is still of the smaller file system.
    assert.deepEqual(await look(), { grown: {}, refused: { "litecoin-1": "it has just grown" } });
  });

  it("stops at the stack file's maximum", async () => {
    const [full, nearly] = [
      await volume("litecoin-1", 95, { maximumGiB: 10 }),
      await volume("litecoin-2", 95, { maximumGiB: 11, growByPercent: 100 }),
    ];
    assert.deepEqual(await look(), {
      grown: { "litecoin-2": 11 },
      refused: { "litecoin-1": "it has 10 GiB, and volume.maximumGiB is 10" },
    });
    await until(async () => (await sizeOf(nearly)) === 11);
    assert.equal(await sizeOf(full), 10);
  });

  it("keeps off what the stack file or an operator says no to, and what others work on", async () => {
    await volume("litecoin-1", 95, { growByPercent: 0 });
    await volume("litecoin-2", 95);
    await table.hold({ group: "litecoin", node: "litecoin-2", reason: "two blocks", by: "alice" });
    assert.deepEqual(await look(), {
      grown: {},
      refused: { "litecoin-1": "selfHealing is off in the stack file", "litecoin-2": "alice holds the node: two blocks" },
    });
    await table.lift({ group: "litecoin", node: "litecoin-2" });
    await table.acquire({ group: "litecoin", owner: "update of litecoin-1", reason: "release 2" }, 60);
    assert.equal((await look()).refused["litecoin-2"], "update of litecoin-1 has the group: release 2");
    await table.release({ group: "litecoin", owner: "update of litecoin-1" });
    assert.deepEqual((await look()).grown, { "litecoin-2": 13 });
  });

  it("leaves the last modification of a day to a person, and tries again what AWS refuses", async () => {
    await volume("litecoin-1", 95);
    const id = await volume("litecoin-2", 95);
    const past = (minutes: number): Coordination =>
      new Coordination({ table: coordinationTable(environment), now: () => Date.now() - minutes * 60_000 });
    const growth = { group: "litecoin", kind: "grow", why: "before", by: "grower" } as const;
    for (const minutes of [600, 400, 200]) await past(minutes).record({ ...growth, node: "litecoin-1" });
    for (const minutes of [1500, 400, 200]) await past(minutes).record({ ...growth, node: "litecoin-2" });
    assert.deepEqual(await look(), {
      grown: { "litecoin-2": 13 },
      refused: { "litecoin-1": "it has grown 3 times in 24 hours; what AWS still allows is left to a person" },
    });
    await until(async () => (await sizeOf(id)) === 13);
  });
});

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await isTrue()); await sleep(200)) assert.ok(Date.now() < deadline, "not within a minute");
}

/** By hand: the project needs no other call of IAM's. */
async function createRole(endpoint: string): Promise<string> {
  const Statement = [{ Effect: "Allow", Principal: { Service: "ssm.amazonaws.com" }, Action: "sts:AssumeRole" }];
  const trust = JSON.stringify({ Version: "2012-10-17", Statement });
  const body = new URLSearchParams({ Action: "CreateRole", Version: "2010-05-08", RoleName: "grower", AssumeRolePolicyDocument: trust });
  const scope = "Credential=test/20260101/us-east-1/iam/aws4_request";
  const authorization = `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0`;
  const answer = await fetch(endpoint, { method: "POST", headers: { authorization }, body });
  return /<Arn>([^<]+)<\/Arn>/.exec(await answer.text())?.[1] ?? assert.fail("no role");
}

async function launch(ec2: EC2Client): Promise<string> {
  const VpcId = (await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }))).Vpc?.VpcId;
  const subnet = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: "10.0.1.0/24", AvailabilityZone: zone }));
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ["136693071363"] }));
  const launched = await ec2.send(
    new RunInstancesCommand({
      ImageId: Images[0]?.ImageId,
      InstanceType: "t3.large",
      SubnetId: subnet.Subnet?.SubnetId,
      MinCount: 1,
      MaxCount: 1,
    }),
  );
  const id = launched.Instances?.[0]?.InstanceId ?? "";
  const state = async (): Promise<string | undefined> =>
    (await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations?.[0]?.Instances?.[0]?.State?.Name;
  await until(async () => (await state()) === "running");
  return id;
}
