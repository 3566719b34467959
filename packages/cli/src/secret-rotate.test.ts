import assert from "node:assert/strict";
import type { ResolvedFleet } from "@coinfleet/sdk";
import { rotateSecrets, type Rotation } from "./secret-rotate.ts";
import { startFakeAws, type FakeAws } from "./testing/fake-aws.ts";
import { fakeCaller, fakeFleet, fakeMetrics } from "./testing/fake-fleet.ts";
import { recordingReporter } from "./testing/memory-output.ts";

const litecoin = { name: "litecoin", coinName: "Litecoin", formerly: "ltc", holdsKeys: false, secrets: ["rpc"] };
const fleet = { environment: "test", groups: [litecoin] } as unknown as ResolvedFleet;
const rotation: Rotation = { group: "litecoin", region: "eu-central-1", makesValue: true, isForced: false, timeoutSec: 2 };

describe("coinfleet secret rotate", () => {
  let aws: FakeAws;
  let done: string[];
  let status: string;
  beforeEach(async () => {
    aws = await startFakeAws();
    [done, status] = [[], "Success"];
    fakeFleet(aws, 2);
    fakeCaller(aws, "alice");
    fakeMetrics(aws, (_, metric) => (metric === "BlocksBehind" ? 0 : 1));
    aws.on("PutItem", () => ({ json: {} }));
    aws.on("DeleteItem", () => ({ json: {} }));
    aws.on("PutSecretValue", ({ SecretId, SecretString }) => {
      assert.match(String(SecretString), /^[0-9a-f]{64}$/);
      done.push(`value of ${String(SecretId)}`);
      return { json: {} };
    });
    aws.on("SendCommand", ({ DocumentName, InstanceIds }) => {
      done.push(`${String(DocumentName)} on ${String(InstanceIds)}`);
      return { json: { Command: { CommandId: "c-1" } } };
    });
    aws.on("GetCommandInvocation", () => ({ json: { Status: status, StatusDetails: status } }));
  });
  afterEach(() => aws.close());

  const rotate = async (change: Partial<Rotation> = {}, of = fleet): Promise<string> => {
    const { reporter, text } = recordingReporter();
    await rotateSecrets(of, { ...rotation, ...change }, reporter, 20).catch((error: Error) => {
      error.message += `\n${text()}`;
      throw error;
    });
    return text();
  };

  it("makes a value that nobody sees, and has one node after the other read it", async () => {
    const said = await rotate();
    assert.deepEqual(done, ["value of coinfleet/test/ltc/rpc", "coinfleet-test-apply on i-1", "coinfleet-test-apply on i-2"]);
    assert.doesNotMatch(said, /[0-9a-f]{64}/);
  });

  it("leaves a value alone that somebody else has made", async () => {
    await rotate({ makesValue: false });
    assert.deepEqual(done, ["coinfleet-test-apply on i-1", "coinfleet-test-apply on i-2"]);
  });

  it("stops at the first node that does not come back, and says how to go on", async () => {
    status = "Failed";
    await assert.rejects(rotate(), /CommandFailed[^]*litecoin-1 stopped the rotation; .*secret rotate litecoin -e test --keep-value/);
    assert.equal(done.length, 2);
  });

  it("refuses while one of the nodes is not synced, before there is a new value", async () => {
    fakeMetrics(aws, (node, metric) => (metric === "BlocksBehind" ? 9 : metric === "Synced" && node === "litecoin-2" ? 0 : 1));
    await assert.rejects(rotate(), /SiblingNotHealthy[^]*litecoin-2 is Syncing[^]*Nothing has been changed/);
    assert.deepEqual(done, []);
  });

  it("makes no value for what opens a wallet, and has the nodes read one that a person has put there", async () => {
    const wallets = { ...fleet, groups: [{ ...litecoin, holdsKeys: true }] } as unknown as ResolvedFleet;
    await assert.rejects(
      rotate({}, wallets),
      /InvalidInput: The secrets of litecoin open the keys[^]*--keep-value[^]*Nothing has been changed/,
    );
    await assert.rejects(rotate({ isForced: true }, wallets), /InvalidInput/);
    assert.deepEqual(aws.calls, []);
    await rotate({ makesValue: false }, wallets);
    assert.deepEqual(done, ["coinfleet-test-apply on i-1", "coinfleet-test-apply on i-2"]);
  });

  it("refuses a group without secrets before anything is changed", async () => {
    await assert.rejects(rotate({ group: "oak" }), /InvalidInput: test has no group oak with secrets[^]*allowed +litecoin/);
    assert.deepEqual(aws.calls, []);
  });
});
