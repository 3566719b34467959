import assert from "node:assert/strict";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";
import { SSMClient } from "@aws-sdk/client-ssm";
import type { DrillPlan } from "@coinfleet/sdk";
import { Reporter } from "../reporter.ts";
import { startFakeAws, type FakeAnswer, type FakeAws } from "../testing/fake-aws.ts";
import { parseRecord } from "./record.ts";
import { runAll } from "./run-all.ts";
import { runDrill, type DrillClients } from "./run-drill.ts";
import { originOf, type GroupSnapshot } from "./snapshots.ts";
import { copiesOf } from "./subject.ts";

const homeKey = "arn:aws:kms:eu-central-1:123456789012:key/home";
/** Of a group whose snapshots are not copied. */
const alone: DrillPlan = {
  version: 1,
  group: "litecoin",
  everyDays: 30,
  backup: "production/litecoin",
  node: "litecoin-drill",
  nodes: ["litecoin-1"],
  launch: {
    imageId: "ami-1",
    instanceType: "t3.large",
    subnetId: "subnet-1",
    securityGroupId: "sg-1",
    hasPublicAddress: false,
    profileName: "profile",
    userData: "",
    rootVolumeGiB: 20,
    keyArn: homeKey,
  },
  volume: { type: "gp3", iops: 3000 },
  documents: { status: "status", chain: "chain" },
  tags: { "coinfleet:environment": "production", "coinfleet:drill": "litecoin" },
};
const plan: DrillPlan = { ...alone, copies: { region: "eu-west-1", keyArn: "arn:aws:kms:eu-west-1:123456789012:key/copies" } };

const answer = (name: string, body = ""): FakeAnswer => ({
  xml: `<${name}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId>${body}</${name}Response>`,
});
const tags = (of: Readonly<Record<string, string>>): string =>
  `<tagSet>${Object.entries(of)
    .map(([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`)
    .join("")}</tagSet>`;
const snapshots = (...items: readonly string[]): FakeAnswer =>
  answer("DescribeSnapshots", `<snapshotSet>${items.map((item) => `<item>${item}</item>`).join("")}</snapshotSet>`);
const backup = (id: string, startTime: string): string =>
  `<snapshotId>${id}</snapshotId><startTime>${startTime}</startTime><status>completed</status>${tags({ "coinfleet:node": "litecoin-1", "coinfleet:environment": "production" })}`;

describe("the snapshot that a copy is of", () => {
  const at = (id: string, takenMs: number, node = "litecoin-1"): GroupSnapshot => ({
    ...{ id, takenMs, node, environment: "production" },
    ...{ volumeId: "vol-1", sizeGiB: 10 },
  });
  const own = [at("snap-new", 300), at("snap-other", 200, "litecoin-2"), at("snap-its", 100), at("snap-old", 50)];

  it("is the newest of its node that was begun before it was", () => {
    assert.equal(originOf(at("snap-copy", 250), own)?.id, "snap-its");
    assert.equal(originOf(at("snap-copy", 100), own)?.id, "snap-its");
    assert.equal(originOf(at("snap-copy", 300), own)?.id, "snap-new");
  });

  it("is unknown once it has gone", () => assert.equal(originOf(at("snap-copy", 40), own), undefined));
});

describe("drills of copies", () => {
  let home: FakeAws;
  let far: FakeAws;
  let clients: DrillClients;
  let parameters: Map<string, string>;
  let published: Map<string, number>;
  /** The copy in the environment's region: what EC2 says of it while it is there. */
  let back: string | undefined;
  let asked: Readonly<Record<string, unknown>>;

  beforeEach(async () => {
    far = await startFakeAws();
    const there = { endpoint: process.env["AWS_ENDPOINT_URL"] ?? "", region: "eu-west-1" };
    home = await startFakeAws();
    const here = { endpoint: process.env["AWS_ENDPOINT_URL"] ?? "", region: "eu-central-1" };
    clients = {
      ec2: new EC2Client(here),
      ssm: new SSMClient(here),
      cloudWatch: new CloudWatchClient(here),
      ec2In: (region) => new EC2Client({ ...there, region }),
      pollMs: 20,
    };
    parameters = new Map();
    published = new Map();
    back = undefined;
    far.on("DescribeSnapshots", () => snapshots(backup("snap-far", "2026-11-20T04:00:00.000Z")));
    home.on("DescribeSnapshots", (input) => {
      if (input["SnapshotId.1"] === "snap-back") return back === undefined ? { error: "InvalidSnapshot.NotFound" } : snapshots(back);
      if (input["Filter.1.Name"] === "tag:coinfleet:drill")
        return back === undefined ? snapshots() : snapshots("<snapshotId>snap-back</snapshotId>");
      return snapshots(backup("snap-near", "2026-11-20T03:00:00.000Z"));
    });
    home.on("CopySnapshot", (input) => {
      asked = input;
      back = "<snapshotId>snap-back</snapshotId><status>pending</status><progress>41%</progress>";
      return answer("CopySnapshot", "<snapshotId>snap-back</snapshotId>");
    });
    home.on("DeleteSnapshot", ({ SnapshotId }) => {
      if (SnapshotId === "snap-back") back = undefined;
      return answer("DeleteSnapshot", "<return>true</return>");
    });
    home.on("DescribeInstances", () => answer("DescribeInstances", "<reservationSet/>"));
    home.on("DescribeVolumes", () => answer("DescribeVolumes", "<volumeSet/>"));
    home.on("PutParameter", ({ Name, Value, Overwrite }) => {
      if (Overwrite !== true && parameters.has(String(Name))) return { error: "ParameterAlreadyExists" };
      parameters.set(String(Name), String(Value));
      return { json: {} };
    });
    home.on("GetParameter", ({ Name }) => {
      const Value = parameters.get(String(Name));
      return Value === undefined ? { error: "ParameterNotFound" } : { json: { Parameter: { Name, Value } } };
    });
    home.on("DeleteParameter", ({ Name }) => {
      parameters.delete(String(Name));
      return { json: {} };
    });
    home.on("DeleteParameters", () => ({ json: {} }));
    home.on("PutMetricData", ({ MetricData }) => {
      if (Array.isArray(MetricData)) for (const { MetricName, Value } of MetricData) published.set(String(MetricName), Number(Value));
      return { json: {} };
    });
  });

  afterEach(async () => {
    await home.close();
    await far.close();
  });

  const said: string[] = [];
  const reporter = new Reporter({ write: (text) => said.push(text) });
  const options = { environment: "production", limitSec: 60, copyLimitSec: 60, stop: new AbortController().signal };
  const failure = async (given: Partial<typeof options> = {}): Promise<Error> =>
    runDrill(plan, "copy", { ...options, ...given }, clients, reporter).then(
      () => assert.fail("it succeeded"),
      (error: unknown) => (error instanceof Error ? error : assert.fail(String(error))),
    );
  const record = (): ReturnType<typeof parseRecord> => parseRecord(parameters.get("/coinfleet/production/drills/last/litecoin/copy"));

  it("bring the newest copy back with the environment's key and the tags of drills", async () => {
    await failure({ copyLimitSec: 0 });
    assert.equal(asked["SourceSnapshotId"], "snap-far");
    assert.equal(asked["SourceRegion"], "eu-west-1");
    assert.equal(asked["Encrypted"], "true");
    assert.equal(asked["KmsKeyId"], homeKey);
    assert.equal(asked["TagSpecification.1.ResourceType"], "snapshot");
    assert.equal(asked["TagSpecification.1.Tag.2.Key"], "coinfleet:drill");
  });

  it("blame no snapshot for a copy that does not come back in time, and remove it", async () => {
    const { name, message } = await failure({ copyLimitSec: 0 });
    assert.equal(name, "CopyNotInTime");
    assert.match(message, /where +snap-far in eu-west-1[^]*snap-back is at 41%/);
    assert.equal(back, undefined);
    assert.deepEqual(far.calls, ["DescribeSnapshots"]);
    assert.equal(home.calls.includes("RunInstances"), false);
    assert.match(record()?.last.why ?? "", /^CopyNotInTime/);
    assert.deepEqual([...published].sort(), [
      ["CopyDrillSucceeded", 0],
      ["DaysSinceCopyDrill", 9999],
    ]);
    assert.equal(parameters.has("/coinfleet/production/drills/last/litecoin"), false);
  });

  it("blame no snapshot for a key that EC2 cannot use, and name it", async () => {
    home.on("CopySnapshot", () => {
      back = "<snapshotId>snap-back</snapshotId><status>error</status><statusMessage>Given key ID is not accessible</statusMessage>";
      return answer("CopySnapshot", "<snapshotId>snap-back</snapshotId>");
    });
    const { name, message } = await failure();
    assert.equal(name, "CopyFailed");
    assert.match(message, /snap-back: Given key ID is not accessible[^]*key\/copies/);
    assert.equal(back, undefined);
    assert.deepEqual(far.calls, ["DescribeSnapshots"]);
  });

  it("mark the copy in its own region when the node from it is no good", async () => {
    home.on("CopySnapshot", () => {
      back = "<snapshotId>snap-back</snapshotId><status>completed</status>";
      return answer("CopySnapshot", "<snapshotId>snap-back</snapshotId>");
    });
    let from: unknown;
    home.on("DescribeImages", () => answer("DescribeImages", "<imagesSet/>"));
    home.on("RunInstances", (input) => {
      from = input["BlockDeviceMapping.2.Ebs.SnapshotId"];
      return answer("RunInstances", "<instancesSet><item><instanceId>i-1</instanceId></item></instancesSet>");
    });
    home.on("DescribeInstances", (input) =>
      input["InstanceId.1"] === undefined
        ? answer("DescribeInstances", "<reservationSet/>")
        : answer(
            "DescribeInstances",
            "<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceState><name>terminated</name></instanceState></item></instancesSet></item></reservationSet>",
          ),
    );
    const marks: unknown[] = [];
    for (const operation of ["CreateTags", "DeleteTags"])
      far.on(operation, (input) => {
        marks.push([operation, input["ResourceId.1"], input["Tag.1.Key"]]);
        return answer(operation, "<return>true</return>");
      });
    assert.equal((await failure()).name, "DrillFailed");
    assert.equal(from, "snap-back");
    assert.deepEqual(marks, [
      ["CreateTags", "snap-far", "coinfleet:drill-failed"],
      ["DeleteTags", "snap-far", "coinfleet:proven"],
    ]);
    assert.equal(back, undefined);
  });

  it("say where they looked when nothing has been copied yet", async () => {
    far.on("DescribeSnapshots", () => snapshots());
    const { name, message } = await failure();
    assert.equal(name, "NoSnapshot");
    assert.match(message, /litecoin has no snapshot in eu-west-1/);
  });

  it("are refused where the plan names no other region", () => {
    assert.throws(() => copiesOf(alone), { name: "NoDrills", message: /backup\.copyTo/ });
  });

  describe("with those of the snapshots, on one schedule", () => {
    const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
    const good = (at: string): string =>
      JSON.stringify({ good: { at, snapshotId: "snap-1", recoverySec: 1, dataAgeSec: 1 }, last: { at, snapshotId: "snap-1" } });
    const held = async (given: DrillPlan): Promise<readonly string[]> => {
      home.on("GetParametersByPath", () => ({ json: { Parameters: [{ Name: "plan", Value: JSON.stringify(given) }] } }));
      return (await runAll({ ...options, copyLimitSec: 0 }, clients, reporter)).map(({ of }) => of);
    };

    it("each have their own clock", async () => {
      parameters.set("/coinfleet/production/drills/last/litecoin", good(daysAgo(2)));
      parameters.set("/coinfleet/production/drills/last/litecoin/copy", good(daysAgo(40)));
      assert.deepEqual(await held(plan), ["copy"]);
      assert.equal(Math.round(published.get("DaysSinceDrill") ?? NaN), 2);
      assert.equal(Math.round(published.get("DaysSinceCopyDrill") ?? NaN), 40);
    });

    it("are held one after the other when both are due", async () => assert.deepEqual(await held(plan), ["snapshot", "copy"]));

    it("are not held where there are no copies", async () => {
      assert.deepEqual(await held(alone), ["snapshot"]);
      assert.equal(published.has("DaysSinceCopyDrill"), false);
    });
  });
});
