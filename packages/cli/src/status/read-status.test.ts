import assert from "node:assert/strict";
import type { FakeAws } from "../testing/fake-aws.ts";
import { startFakeAws } from "../testing/fake-aws.ts";
import { readStatus } from "./read-status.ts";

function instance(number: number): string {
  const tags = { environment: "test", group: "litecoin", node: `litecoin-${number}`, coin: "litecoin" };
  const items = Object.entries(tags).map(([key, value]) => `<item><key>coinfleet:${key}</key><value>${value}</value></item>`);
  return `<item><instanceId>i-${number}</instanceId><instanceState><name>running</name></instanceState><placement><availabilityZone>eu-central-1a</availabilityZone></placement><tagSet>${items.join("")}</tagSet></item>`;
}

const fleet = (count: number): string => {
  const instances = Array.from({ length: count }, (_, index) => instance(count - index)).join("");
  return `<DescribeInstancesResponse><reservationSet><item><instancesSet>${instances}</instancesSet></item></reservationSet></DescribeInstancesResponse>`;
};

const snapshot = (id: string, day: number, tags: Readonly<Record<string, string>>): string => {
  const items = Object.entries(tags).map(([key, value]) => `<item><key>coinfleet:${key}</key><value>${value}</value></item>`);
  return `<item><snapshotId>${id}</snapshotId><startTime>2026-11-${day}T03:00:00.000Z</startTime><tagSet>${items.join("")}</tagSet></item>`;
};
const ofFirst = { environment: "test", node: "litecoin-1" };
const snapshots = [
  snapshot("snap-a", 19, ofFirst),
  snapshot("snap-b", 20, { ...ofFirst, proven: "2026-11-20T05:00:00Z" }),
  snapshot("snap-c", 20, { ...ofFirst, environment: "elsewhere" }),
].join("");

interface Query {
  readonly Id: string;
  readonly MetricStat: { readonly Metric: { readonly MetricName: string } };
}
function isQueries(value: unknown): value is readonly Query[] {
  return Array.isArray(value);
}

describe("readStatus", () => {
  let aws: FakeAws;
  beforeEach(async () => {
    aws = await startFakeAws();
    aws.on("DescribeInstances", () => ({ xml: fleet(60) }));
    aws.on("DescribeAlarms", () => ({
      json: {
        MetricAlarms: [
          { AlarmName: "coinfleet-test-litecoin-1-node-behind" },
          { AlarmName: "coinfleet-test-litecoin-10-node-down" },
          { AlarmName: "coinfleet-test-litecoin-1-2-node-down" },
        ],
      },
    }));
    aws.on("DescribeSnapshots", () => ({
      xml: `<DescribeSnapshotsResponse><snapshotSet>${snapshots}</snapshotSet></DescribeSnapshotsResponse>`,
    }));
    aws.on("GetParameters", ({ Names: names }) => {
      const wanted = Array.isArray(names) ? names.map(String) : [];
      return {
        json: {
          Parameters: wanted.map((Name) => ({
            Name,
            Value: Name.endsWith("/config")
              ? '{"network":"regtest"}'
              : Name.includes("/drills/last/")
                ? '{"last":{"at":"2026-11-20T00:00:00Z","why":"no capacity"}}'
                : '{"release":"1.0.0-go","images":{"a":"b"}}',
          })),
        },
      };
    });
    aws.on("Scan", () => ({
      json: {
        Items: [
          { Scope: { S: "hold/litecoin" }, Entry: { S: "litecoin-10" }, By: { S: "alice" }, Reason: { S: "two blocks" } },
          {
            Scope: { S: "group/litecoin" },
            Entry: { S: "lock" },
            Owner: { S: "update of litecoin-2" },
            Reason: { S: "release 2" },
            Until: { N: String(Date.now() + 60_000) },
          },
        ],
      },
    }));
    aws.on("GetMetricData", ({ MetricDataQueries: queries }) => ({
      json: {
        MetricDataResults: isQueries(queries) ? queries.map(({ Id }) => ({ Id, Timestamps: [Date.now() / 1000 - 5], Values: [1] })) : [],
      },
    }));
  });
  afterEach(() => aws.close());

  it("reads 60 nodes in one call each for instances, metrics and alarms, and ten parameters a call", async () => {
    const status = await readStatus({});
    assert.equal(status.nodes.length, 60);
    const count = (name: string): number => aws.calls.filter((call) => call === name).length;
    assert.deepEqual(
      ["DescribeAlarms", "DescribeInstances", "DescribeSnapshots", "GetMetricData", "GetParameters"].map(count),
      [1, 1, 1, 1, 19],
    );
    assert.equal(count("Scan"), 1);
    assert.equal(aws.calls.length, 24);
    assert.deepEqual(status.nodes.map(({ node }) => node).slice(0, 3), ["litecoin-1", "litecoin-2", "litecoin-3"]);
    assert.equal(
      status.nodes.every(({ state, network }) => state === "Synced" && network === "regtest"),
      true,
    );
  });

  it("gives each node its newest snapshot, and its group's last drill", async () => {
    const { nodes } = await readStatus({});
    const [first, second] = nodes;
    assert.deepEqual(first?.lastSnapshot, { id: "snap-b", at: "2026-11-20T03:00:00.000Z", isProven: true });
    assert.equal(second?.lastSnapshot, undefined);
    assert.deepEqual(second?.lastDrill, { at: "2026-11-20T00:00:00Z", isGood: false });
  });

  it("gives each node its own alarms: litecoin-1 is neither litecoin-10 nor litecoin-1-2", async () => {
    const { nodes } = await readStatus({});
    assert.deepEqual(nodes.find(({ node }) => node === "litecoin-1")?.alarms, ["node-behind"]);
    assert.deepEqual(nodes.find(({ node }) => node === "litecoin-10")?.alarms, ["node-down"]);
  });

  it("shows who holds a node and who works on its group, and says so when the table is refused", async () => {
    const { nodes } = await readStatus({});
    assert.deepEqual(
      nodes.flatMap(({ node, held }) => (held === undefined ? [] : [[node, held]])),
      [["litecoin-10", "alice: two blocks"]],
    );
    assert.equal(
      nodes.every(({ busy }) => busy === "update of litecoin-2: release 2"),
      true,
    );
    aws.on("Scan", () => ({ error: "AccessDeniedException" }));
    const refused = await readStatus({});
    assert.equal(refused.nodes.length, 60);
    assert.match(refused.problems.join(""), /AwsRefused[^]*dynamodb:Scan: AccessDeniedException/);
  });

  it("shows what is known when CloudWatch refuses, calls the nodes unknown, and says which API refused", async () => {
    aws.on("GetMetricData", () => ({ error: "AccessDeniedException" }));
    const { nodes, problems } = await readStatus({});
    assert.equal(
      nodes.every(({ state, releaseRunning }) => state === "Unknown" && releaseRunning === "1.0.0-go"),
      true,
    );
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? "", /AwsRefused[^]*cloudwatch:GetMetricData: AccessDeniedException/);
  });

  it("takes a node that has taken its next release for what it shall be, and says of the others when they will", async () => {
    const named = (version: string): object => ({ release: `${version}-go`, images: { a: version } });
    const wanted = { ...named("1.0.0"), next: { ...named("2.0.0"), at: { height: 900, file: "a/b" } } };
    const valueOf = (name: string): unknown => {
      if (name.endsWith("/release")) return wanted;
      return named(name.includes("litecoin-1/") ? "2.0.0" : "1.0.0");
    };
    aws.on("GetParameters", ({ Names }) => ({
      json: {
        Parameters: (Array.isArray(Names) ? Names : []).map((Name) => ({
          Name: String(Name),
          Value: JSON.stringify(valueOf(String(Name))),
        })),
      },
    }));
    const { nodes } = await readStatus({});
    const columns = nodes
      .slice(0, 2)
      .map(({ releaseWanted, releaseRunning, releaseNext, hasOtherImages }) => [
        releaseWanted,
        releaseRunning,
        releaseNext,
        hasOtherImages,
      ]);
    assert.deepEqual(columns, [
      ["2.0.0-go", "2.0.0-go", undefined, false],
      ["1.0.0-go", "1.0.0-go", "2.0.0-go at height 900", false],
    ]);
  });

  it("fails when the instances cannot be listed", async () => {
    aws.on("DescribeInstances", () => ({ error: "UnauthorizedOperation", status: 403 }));
    await assert.rejects(readStatus({}), /AwsRefused[^]*ec2:DescribeInstances: UnauthorizedOperation/);
  });
});
