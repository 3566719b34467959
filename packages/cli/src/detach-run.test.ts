import assert from "node:assert/strict";
import { runDetach } from "./detach-run.ts";
import type { DetachInput } from "./detach-run.ts";
import type { FakeAws } from "./testing/fake-aws.ts";
import { startFakeAws } from "./testing/fake-aws.ts";
import { recordingReporter } from "./testing/memory-output.ts";

const input: DetachInput = {
  region: "eu-central-1",
  group: "litecoin",
  node: "litecoin-1",
  coordinationTable: "coinfleet-test-coordination",
  instanceId: "i-1",
  volumeId: "vol-1",
  drainDocument: "coinfleet-test-drain",
  stopTimeoutSec: 60,
  timeoutSec: 5,
};

const instance = (state: string): string =>
  `<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceState><name>${state}</name></instanceState></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`;
const volume = (instanceId: string): string =>
  `<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId><attachmentSet><item><instanceId>${instanceId}</instanceId><status>attached</status></item></attachmentSet></item></volumeSet></DescribeVolumesResponse>`;

describe("runDetach", () => {
  let aws: FakeAws;
  beforeEach(async () => {
    aws = await startFakeAws();
    aws.on("DescribeInstances", () => ({ xml: instance("running") }));
    aws.on("DescribeVolumes", () => ({ xml: volume("i-1") }));
    aws.on("PutItem", () => ({ json: {} }));
    aws.on("DescribeInstanceInformation", () => ({ json: { InstanceInformationList: [{ InstanceId: "i-1", PingStatus: "Online" }] } }));
    aws.on("SendCommand", () => ({ json: { Command: { CommandId: "c-1" } } }));
    aws.on("GetCommandInvocation", () => ({ json: { Status: "Success", StatusDetails: "Success" } }));
  });
  afterEach(() => aws.close());

  async function detach(): Promise<string> {
    const { reporter, text } = recordingReporter();
    await runDetach(input, reporter, { pollMs: 20, silenceSec: 0.1 });
    return text();
  }

  it("drains a running host and waits for the end", async () => {
    assert.match(await detach(), /stopped and unmounted/);
    assert.deepEqual(aws.calls, [
      "DescribeInstances",
      "DescribeVolumes",
      "PutItem",
      "DescribeInstanceInformation",
      "SendCommand",
      "GetCommandInvocation",
    ]);
  });

  it("has nothing to do when the instance is gone, stopped, or not attached to the volume", async () => {
    aws.on("DescribeInstances", () => ({ error: "InvalidInstanceID.NotFound" }));
    assert.match(await detach(), /i-1 is gone; nothing to drain/);
    aws.on("DescribeInstances", () => ({ xml: instance("stopped") }));
    assert.match(await detach(), /i-1 is stopped; nothing to drain/);
    aws.on("DescribeInstances", () => ({ xml: instance("running") }));
    aws.on("DescribeVolumes", () => ({ xml: volume("i-2") }));
    assert.match(await detach(), /not attached to i-1; nothing to drain/);
    assert.equal(aws.calls.includes("SendCommand"), false);
  });

  it("waits for whoever works on another node of the group, and gives up before it touches anything", async () => {
    const holder = { Owner: { S: "agent of litecoin-2" }, Reason: { S: "stuck" }, Until: { N: "1" } };
    aws.on("PutItem", () => ({ error: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", fields: { Item: holder } }));
    await assert.rejects(detach(), /DetachTimeout[^]*agent of litecoin-2 to leave the group \(stuck\)/);
    assert.equal(aws.calls.includes("SendCommand"), false);
  });

  it("stops a host that does not answer SSM", async () => {
    let isStopped = false;
    aws.on("DescribeInstanceInformation", () => ({
      json: { InstanceInformationList: [{ InstanceId: "i-1", PingStatus: "ConnectionLost" }] },
    }));
    aws.on("StopInstances", () => {
      isStopped = true;
      return { xml: "<StopInstancesResponse/>" };
    });
    aws.on("DescribeInstances", () => ({ xml: instance(isStopped ? "stopped" : "running") }));
    assert.match(await detach(), /does not answer SSM; stopping the instance/);
    assert.equal(isStopped, true);
    assert.equal(aws.calls.includes("SendCommand"), false);
  });

  it("fails when the host cannot unmount, and leaves the instance alone", async () => {
    aws.on("GetCommandInvocation", () => ({
      json: { Status: "Failed", StatusDetails: "Failed", StandardErrorContent: "/var/lib/coinfleet/data is still mounted" },
    }));
    await assert.rejects(detach(), /CommandFailed[^]*is still mounted/);
    assert.equal(aws.calls.includes("StopInstances"), false);
  });

  it("fails in time when the drain does not end, and says that the volume is still attached", async () => {
    aws.on("GetCommandInvocation", () => ({ json: { Status: "InProgress", StatusDetails: "InProgress" } }));
    await assert.rejects(detach(), /DetachTimeout[^]*The volume is still attached/);
  });
});
