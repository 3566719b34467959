import assert from "node:assert/strict";
import { holdNode, releaseNode } from "./hold-node.ts";
import { restartNode } from "./restart-run.ts";
import { startFakeAws, type FakeAws } from "./testing/fake-aws.ts";
import { fakeCaller, fakeFleet, fakeMetrics, lockOf } from "./testing/fake-fleet.ts";
import { recordingReporter } from "./testing/memory-output.ts";

describe("an operator's word on a node", () => {
  let aws: FakeAws;
  let puts: Readonly<Record<string, unknown>>[];
  let sent: unknown[];

  beforeEach(async () => {
    aws = await startFakeAws();
    [puts, sent] = [[], []];
    fakeFleet(aws, 2);
    fakeCaller(aws, "alice");
    fakeMetrics(aws, (_, metric) => (metric === "BlocksBehind" ? 0 : 1));
    aws.on("PutItem", (input) => {
      puts.push(input);
      return { json: {} };
    });
    aws.on("DeleteItem", () => ({ json: { Attributes: { Scope: { S: "hold/litecoin" } } } }));
    aws.on("SendCommand", (input) => {
      sent.push(input["DocumentName"], input["InstanceIds"]);
      return { json: { Command: { CommandId: "c-1" } } };
    });
    aws.on("GetCommandInvocation", () => ({ json: { Status: "Success", StatusDetails: "Success" } }));
  });
  afterEach(() => aws.close());

  async function restart(isForced = false): Promise<string> {
    const { reporter, text } = recordingReporter();
    await restartNode({ node: "litecoin-1", reason: "stuck in a loop", isForced, timeoutSec: 2 }, reporter, 20);
    return text();
  }

  describe("coinfleet restart", () => {
    it("takes the group, writes down why, restarts by our document, and waits until the node is synced again", async () => {
      assert.match(await restart(), /litecoin-1: restarted; synced/);
      assert.deepEqual(sent, ["coinfleet-test-restart", ["i-1"]]);
      assert.deepEqual(aws.calls, [
        "DescribeInstances",
        "GetCallerIdentity",
        "DescribeInstances",
        "GetMetricData",
        "PutItem",
        "GetMetricData",
        "PutItem",
        "SendCommand",
        "GetCommandInvocation",
        "GetMetricData",
        "DeleteItem",
      ]);
      const [lock, record] = puts.map((put) => JSON.stringify(put["Item"]));
      assert.match(lock ?? "", /"Scope":\{"S":"group\/litecoin"\},"Entry":\{"S":"lock"\},"Owner":\{"S":"restart of litecoin-1 by alice /);
      assert.match(record ?? "", /"Kind":\{"S":"restart"\},"Why":\{"S":"stuck in a loop"\},"By":\{"S":"alice"\}/);
    });

    it("refuses while a sibling is not synced, unless forced", async () => {
      fakeMetrics(aws, (node, metric) => (metric === "BlocksBehind" ? 9 : metric === "Synced" && node === "litecoin-2" ? 0 : 1));
      await assert.rejects(restart(), /SiblingNotHealthy[^]*litecoin-2 is Syncing[^]*--force[^]*Nothing has been changed/);
      assert.deepEqual([sent, puts], [[], []]);
      assert.match(await restart(true), /goes on, although litecoin-2 is Syncing/);
      assert.equal(sent.length, 2);
    });

    it("refuses while somebody works on the group, says who, and leaves that lock alone even when forced", async () => {
      lockOf(aws, "agent of litecoin-2", "no progress for 900 s");
      await assert.rejects(restart(), /GroupBusy[^]*agent of litecoin-2 \(no progress for 900 s\)/);
      assert.deepEqual(sent, []);
      assert.match(await restart(true), /goes on, although somebody else has the group/);
      assert.equal(sent.length, 2);
      assert.equal(aws.calls.includes("DeleteItem"), false);
    });

    it("fails with the host's words, and gives the group back", async () => {
      aws.on("GetCommandInvocation", () => ({
        json: { Status: "Failed", StatusDetails: "Failed", StandardErrorContent: "no release runs" },
      }));
      await assert.rejects(restart(), /CommandFailed: coinfleet-test-restart failed on litecoin-1[^]*no release runs/);
      assert.equal(aws.calls.at(-1), "DeleteItem");
    });

    it("fails in time when a node that was synced does not come back", async () => {
      fakeMetrics(aws, (node, metric) =>
        metric === "BlocksBehind" ? 0 : node === "litecoin-1" && sent.length > 0 && metric === "Synced" ? 0 : 1,
      );
      await assert.rejects(restart(), /RestartTimeout[^]*it was synced before and must be again/);
    });

    it("touches nothing when the table of locks refuses, and says which API did", async () => {
      aws.on("PutItem", () => ({ error: "AccessDeniedException" }));
      await assert.rejects(restart(), /AwsRefused[^]*dynamodb:PutItem: AccessDeniedException[^]*Give this identity the named permission/);
      assert.deepEqual(sent, []);
    });
  });

  it("holds and releases a node, and says who did", async () => {
    assert.match(
      await holdNode({ node: "litecoin-2" }, "two blocks"),
      /litecoin-2 of test is held by alice: two blocks\. .*coinfleet release litecoin-2/,
    );
    assert.match(
      JSON.stringify(puts[0]),
      /"coinfleet-test-coordination".*"S":"hold\/litecoin".*"S":"litecoin-2".*"S":"two blocks".*"S":"alice"/,
    );
    assert.equal(await releaseNode({ node: "litecoin-2" }), "litecoin-2 of test is released.");
    aws.on("DeleteItem", () => ({ json: {} }));
    assert.equal(await releaseNode({ node: "litecoin-2" }), "litecoin-2 of test was not held.");
  });
});
