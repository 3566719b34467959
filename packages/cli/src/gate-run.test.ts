import assert from "node:assert/strict";
import { runGate } from "./gate-run.ts";
import type { GateInput, WantedRelease } from "./gate-steps.ts";
import type { FakeAnswer, FakeAws } from "./testing/fake-aws.ts";
import { startFakeAws } from "./testing/fake-aws.ts";
import { fakeFleet } from "./testing/fake-fleet.ts";
import { exampleGate } from "./testing/gate-input.ts";
import { recordingReporter } from "./testing/memory-output.ts";

const releaseOf = (version: string): WantedRelease => ({
  release: `${version}-go`,
  images: { litecoind: `registry/litecoind@sha256:${version}` },
  versions: { litecoind: version },
});

const input: GateInput = { ...exampleGate, release: releaseOf("2.0.0"), limitSec: 2, timeoutSec: 2 };

/** What the fake CloudWatch holds: value by metric, as samples that end `inMs` from now. */
type Figures = Readonly<Record<string, number>>;

function isList(value: unknown): value is readonly {
  readonly Id: string;
  readonly MetricStat: { readonly Period: number; readonly Metric: { readonly MetricName: string } };
}[] {
  return Array.isArray(value);
}

/** Answers a look back (period 300) with `before`, a look at `Synced` alone with `now`, and a look at now with `after`: three samples from the near future, as if 30 s had passed. */
function metrics(aws: FakeAws, before: Figures, after: Figures, now = after): void {
  aws.on("GetMetricData", ({ MetricDataQueries: queries }) => {
    if (!isList(queries)) return { error: "ValidationError" };
    const series = queries.map(({ Id, MetricStat: { Period, Metric } }) => {
      const value = (Period === 300 ? before : queries.length === 1 ? now : after)[Metric.MetricName];
      const times = value === undefined ? [] : [30, 20, 10].map((second) => Date.now() / 1000 + second);
      return { Id, Timestamps: times, Values: times.map(() => value) };
    });
    return { json: { MetricDataResults: series } };
  });
}

const parameter = (value: unknown): FakeAnswer => ({
  json: { Parameter: { Value: JSON.stringify(value), LastModifiedDate: Date.now() / 1000 - 10 } },
});

describe("runGate", () => {
  let aws: FakeAws;
  beforeEach(async () => {
    aws = await startFakeAws();
    aws.on("PutItem", () => ({ json: {} }));
    aws.on("DeleteItem", () => ({ json: {} }));
    aws.on("DescribeInstanceInformation", () => ({ json: { InstanceInformationList: [{ InstanceId: "i-1", PingStatus: "Online" }] } }));
    aws.on("SendCommand", () => ({ json: { Command: { CommandId: "c-1" } } }));
    aws.on("GetCommandInvocation", () => ({ json: { Status: "Success", StatusDetails: "Success" } }));
    aws.on("GetParameter", () => parameter(releaseOf("2.0.0")));
    metrics(aws, { Synced: 1 }, { ProbeSuccess: 1, Synced: 1, Height: 10 });
    fakeFleet(aws, 1);
  });
  afterEach(() => aws.close());

  const run = (): ReturnType<typeof runGate> => runGate(input, recordingReporter().reporter, 20);

  it("takes the group, looks before it touches, applies, passes a node that is synced again, and gives the group back", async () => {
    assert.deepEqual(await run(), { node: "litecoin-1", release: "2.0.0-go", wasSynced: true, isSynced: true });
    assert.deepEqual(aws.calls, [
      "PutItem",
      "GetMetricData",
      "DescribeInstances",
      "DescribeInstanceInformation",
      "GetParameter",
      "GetParameter",
      "SendCommand",
      "GetCommandInvocation",
      "GetParameter",
      "GetMetricData",
      "DescribeInstances",
      "DeleteItem",
    ]);
  });

  it("starts a host that was stopped for a change of its volume, once it has stopped", async () => {
    const states = ["stopping", "stopped"];
    fakeFleet(aws, 1, () => states.shift() ?? "running");
    aws.on("StartInstances", () => ({ xml: "<StartInstancesResponse/>" }));
    assert.equal((await run()).isSynced, true);
    assert.deepEqual(aws.calls.slice(0, 6), [
      "PutItem",
      "GetMetricData",
      "DescribeInstances",
      "DescribeInstances",
      "StartInstances",
      "DescribeInstanceInformation",
    ]);
  });

  it("fails when a node that was synced only lives, and says what it waited for and what it saw last", async () => {
    metrics(aws, { Synced: 1 }, { ProbeSuccess: 1, Synced: 0, Height: 10, Peers: 2, BlocksBehind: 5 });
    await assert.rejects(run(), (error: Error) => {
      assert.equal(error.name, "GateTimeout");
      assert.match(
        error.message,
        /still waiting for it to be synced again; last seen: it was synced before and must be again: 0 of 3 .* 5 blocks behind/,
      );
      assert.match(error.message, /later nodes of litecoin have not been touched/);
      return true;
    });
  });

  it("passes a new node that lives and has peers", async () => {
    metrics(aws, {}, { ProbeSuccess: 1, Synced: 0, Height: 10, Peers: 2 });
    assert.deepEqual(await run(), { node: "litecoin-1", release: "2.0.0-go", wasSynced: false, isSynced: false });
  });

  it("fails when the document fails, with what the host said", async () => {
    aws.on("GetCommandInvocation", () => ({
      json: { Status: "Failed", StatusDetails: "Failed", StandardErrorContent: "pull failed: no such image\n" },
    }));
    await assert.rejects(run(), /CommandFailed: coinfleet-test-apply failed on litecoin-1[^]*pull failed: no such image/);
    assert.deepEqual(aws.calls.slice(-2), ["GetCommandInvocation", "DeleteItem"]);
  });

  it("fails when the host runs another release than it should", async () => {
    aws.on("PutParameter", () => ({ json: {} }));
    aws.on("GetParameter", () => parameter({ release: "1.0.0-go" }));
    await assert.rejects(run(), /waiting for release 2\.0\.0-go to run; last seen: it runs 1\.0\.0-go/);
  });

  describe("while the release does not run yet", () => {
    let status: Record<string, string>;
    beforeEach(() => {
      let document: unknown;
      aws.on("PutParameter", () => ({ json: {} }));
      aws.on("GetParameter", () => ({ error: "ParameterNotFound" }));
      aws.on("SendCommand", ({ DocumentName }) => {
        document = DocumentName;
        return { json: { Command: { CommandId: "c-1" } } };
      });
      const success = { Status: "Success", StatusDetails: "Success" };
      aws.on("GetCommandInvocation", () => ({ json: document === "coinfleet-test-status" ? { ...success, ...status } : success }));
    });

    it("fails as soon as a step on the host has failed, with what the host says", async () => {
      status = { Status: "Failed", StatusDetails: "Failed", StandardOutputContent: "restore    failed   it is not the pinned one\n" };
      await assert.rejects(run(), /CommandFailed: coinfleet-test-status failed on litecoin-1[^]*restore +failed +it is not the pinned one/);
    });

    it("waits while a step on the host waits, and says for what", async () => {
      status = { StandardOutputContent: "volume     done     ok\nrestore    waiting  restoring: 41 %\n" };
      await assert.rejects(run(), /GateTimeout[^]*the host has not reported a release; step restore: restoring: 41 %/);
    });
  });

  it("fails when the host never answers SSM, without sending it anything", async () => {
    aws.on("DescribeInstanceInformation", () => ({ json: { InstanceInformationList: [] } }));
    await assert.rejects(run(), /GateTimeout[^]*no SSM agent online/);
    assert.equal(aws.calls.includes("SendCommand"), false);
  });

  it("sends the document again when it could not be delivered", async () => {
    let count = 0;
    aws.on("GetCommandInvocation", () => {
      count += 1;
      return {
        json: count === 1 ? { Status: "TimedOut", StatusDetails: "DeliveryTimedOut" } : { Status: "Success", StatusDetails: "Success" },
      };
    });
    assert.equal((await run()).isSynced, true);
    assert.equal(aws.calls.filter((call) => call === "SendCommand").length, 2);
  });

  it("touches nothing while somebody works on another node of the group, and says who", async () => {
    const holder = { Owner: { S: "agent of litecoin-2" }, Reason: { S: "no progress for 900 s" }, Until: { N: "1" } };
    aws.on("PutItem", () => ({ error: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", fields: { Item: holder } }));
    await assert.rejects(run(), /GateTimeout[^]*agent of litecoin-2 to leave the group; last seen: no progress for 900 s/);
    assert.deepEqual([...new Set(aws.calls)], ["PutItem"]);
  });

  describe("with a sibling", () => {
    let hashes: Readonly<Record<string, string>>;
    beforeEach(() => {
      let asked = "";
      fakeFleet(aws, 2);
      aws.on("SendCommand", ({ DocumentName, InstanceIds }) => {
        asked = DocumentName === "coinfleet-test-chain" ? String(InstanceIds) : "";
        return { json: { Command: { CommandId: asked } } };
      });
      aws.on("GetCommandInvocation", ({ InstanceId }) => {
        const settled = [{ height: 120, hash: hashes[String(InstanceId)] }];
        return { json: { Status: "Success", StatusDetails: "Success", StandardOutputContent: JSON.stringify({ settled }) } };
      });
    });

    it("passes a node that has its blocks", async () => {
      hashes = { "i-1": "aa", "i-2": "aa" };
      const { reporter, text } = recordingReporter();
      await runGate(input, reporter, 20);
      assert.match(text(), /litecoin-1: block 120 is the one of litecoin-2/);
    });

    it("fails when the node has another block at a settled height, however synced it says it is", async () => {
      hashes = { "i-1": "aa", "i-2": "bb" };
      await assert.rejects(run(), /GateForked: litecoin-1 has another chain than its sibling[^]*block 120[^]*aa; on litecoin-2 it is bb/);
    });
  });

  describe("of a group's first node", () => {
    const canary = { stopDocument: "coinfleet-test-stop", volumeId: "vol-1", tags: { "coinfleet:environment": "test" } };
    const done: string[] = [];
    let before: readonly (readonly [id: string, release: string, day: string])[];
    let running: string;
    beforeEach(() => {
      done.length = 0;
      [before, running] = [[], "1.0.0"];
      aws.on("DescribeSnapshots", () => {
        const items = before.map(
          ([id, release, day]) =>
            `<item><snapshotId>${id}</snapshotId><startTime>${day}T00:00:00.000Z</startTime><tagSet><item><key>coinfleet:before-release</key><value>${release}</value></item></tagSet></item>`,
        );
        return { xml: `<DescribeSnapshotsResponse><snapshotSet>${items.join("")}</snapshotSet></DescribeSnapshotsResponse>` };
      });
      aws.on("SendCommand", ({ DocumentName }) => {
        done.push(String(DocumentName).replace("coinfleet-test-", ""));
        if (DocumentName === "coinfleet-test-apply") running = "2.0.0";
        return { json: { Command: { CommandId: "c-1" } } };
      });
      aws.on("CreateSnapshot", (given) => {
        done.push(`snapshot of ${String(given["VolumeId"])}`);
        assert.ok(Object.values(given).includes("coinfleet:before-release"));
        assert.ok(!Object.values(given).includes("coinfleet:backup"), "it would be kept and drilled as a backup");
        before = [...before, ["snap-new", "2.0.0-go", "2026-11-21"]];
        return { xml: "<CreateSnapshotResponse><snapshotId>snap-new</snapshotId></CreateSnapshotResponse>" };
      });
      aws.on("DeleteSnapshot", ({ SnapshotId }) => {
        done.push(`end of ${String(SnapshotId)}`);
        return { xml: "<DeleteSnapshotResponse><return>true</return></DeleteSnapshotResponse>" };
      });
      aws.on("GetParameter", ({ Name }) => parameter(releaseOf(String(Name).endsWith("/running") ? running : "2.0.0")));
    });

    it("takes a snapshot of the stopped node before another release starts, and forgets all but the last two", async () => {
      before = [
        ["snap-1", "1.0.0-go", "2026-11-11"],
        ["snap-0", "0.9.0-go", "2026-11-20"],
      ];
      await runGate({ ...input, canary }, recordingReporter().reporter, 20);
      assert.deepEqual(done, ["stop", "snapshot of vol-1", "apply", "end of snap-1"]);
    });

    it("takes none where the release stays, nor a second one of data that the new release may have touched", async () => {
      running = "2.0.0";
      await runGate({ ...input, canary }, recordingReporter().reporter, 20);
      assert.deepEqual(done, ["apply"]);
      [running, before] = ["1.0.0", [["snap-1", "2.0.0-go", "2026-11-11"]]];
      metrics(aws, { Synced: 1 }, { ProbeSuccess: 1, Synced: 1, Height: 10 }, { Synced: 0 });
      await runGate({ ...input, canary }, recordingReporter().reporter, 20);
      assert.deepEqual(done, ["apply", "apply"]);
    });

    it("takes another one where the old release has come back well since an earlier try", async () => {
      before = [["snap-1", "2.0.0-go", "2026-11-11"]];
      await runGate({ ...input, canary }, recordingReporter().reporter, 20);
      assert.deepEqual(done, ["stop", "snapshot of vol-1", "apply"]);
    });

    it("says the way back when neither release comes through, and deletes no older copy", async () => {
      before = [
        ["snap-1", "1.0.0-go", "2026-11-11"],
        ["snap-0", "0.9.0-go", "2026-11-20"],
      ];
      aws.on("PutParameter", () => ({ json: {} }));
      metrics(aws, { Synced: 1 }, { ProbeSuccess: 0 });
      await assert.rejects(
        runGate({ ...input, canary }, recordingReporter().reporter, 20),
        /HeldOutOfService[^]*If the release is to blame: [^]*`coinfleet replace litecoin-1 --environment test --snapshot snap-new`/,
      );
      assert.deepEqual(
        done.filter((one) => one !== "status"),
        ["stop", "snapshot of vol-1", "apply", "apply", "drain"],
      );
    });

    it("does not start the new release when the node cannot be stopped or its volume not be kept", async () => {
      aws.on("CreateSnapshot", () => ({ error: "SnapshotLimitExceeded" }));
      await assert.rejects(
        runGate({ ...input, canary }, recordingReporter().reporter, 20),
        /AwsRefused[^]*CreateSnapshot: SnapshotLimitExceeded/,
      );
      assert.deepEqual(done, ["stop"]);
    });
  });

  describe("with a release that does not come through", () => {
    const done: string[] = [];
    const [old, wanted] = [releaseOf("1.0.0"), releaseOf("2.0.0")];
    /** The node's parameter, what its host says that it runs, and how applying each release ends. */
    let world: { parameter: WantedRelease; running: WantedRelease; applying: Record<string, "Success" | "Failed"> };
    beforeEach(() => {
      done.length = 0;
      world = { parameter: wanted, running: old, applying: { [wanted.release]: "Failed", [old.release]: "Success" } };
      let document = "";
      aws.on("GetParameter", ({ Name }) => parameter(String(Name).endsWith("/running") ? world.running : world.parameter));
      aws.on("PutParameter", ({ Name, Value }) => {
        assert.equal(Name, "/coinfleet/test/litecoin-1/release");
        world.parameter = { ...old, ...(JSON.parse(String(Value)) as object) };
        done.push(`release ${world.parameter.release}`);
        return { json: {} };
      });
      aws.on("SendCommand", ({ DocumentName }) => {
        document = String(DocumentName).replace("coinfleet-test-", "");
        done.push(document);
        return { json: { Command: { CommandId: "c-1" } } };
      });
      aws.on("GetCommandInvocation", () => {
        const end = document === "apply" ? world.applying[world.parameter.release] : "Success";
        if (document === "apply" && end === "Success") world.running = world.parameter;
        const said = `cannot run ${world.parameter.release}\n`;
        return { json: { Status: end, StatusDetails: end, StandardErrorContent: end === "Success" ? "" : said } };
      });
    });

    it("goes back to what ran before, and says so", async () => {
      await assert.rejects(run(), (error: Error) => {
        assert.equal(error.name, "RolledBack");
        assert.match(error.message, /litecoin-1 did not come through with 2\.0\.0-go and is back on 1\.0\.0-go/);
        assert.match(error.message, /cannot run 2\.0\.0-go/);
        assert.match(error.message, /litecoin-1 is well with 1\.0\.0-go.*later nodes of litecoin have not been touched/);
        return true;
      });
      assert.deepEqual(done, ["apply", "release 1.0.0-go", "apply"]);
      assert.deepEqual(world.parameter, old);
    });

    it("goes back from one that runs and is not synced, within its own time again", async () => {
      world.applying[wanted.release] = "Success";
      aws.on("GetMetricData", ({ MetricDataQueries: queries }) => {
        if (!isList(queries)) return { error: "ValidationError" };
        const isWell = queries[0]?.MetricStat.Period === 300 || world.running.release === old.release;
        const times = [30, 20, 10].map((second) => Date.now() / 1000 + second);
        return {
          json: { MetricDataResults: queries.map(({ Id }) => ({ Id, Timestamps: times, Values: times.map(() => Number(isWell)) })) },
        };
      });
      await assert.rejects(run(), /RolledBack[^]*still waiting for it to be synced again/);
      assert.deepEqual(
        done.filter((one) => one !== "status"),
        ["apply", "release 1.0.0-go", "apply"],
      );
    });

    it("tries the release of the stack file again the next time", async () => {
      await assert.rejects(run(), { name: "RolledBack" });
      world.applying[wanted.release] = "Success";
      done.length = 0;
      assert.equal((await run()).isSynced, true);
      assert.deepEqual(done, ["release 2.0.0-go", "apply"]);
    });

    it("holds a node out of service whose data the old release refuses, and says the way back", async () => {
      world.applying[old.release] = "Failed";
      await assert.rejects(run(), (error: Error) => {
        assert.equal(error.name, "HeldOutOfService");
        assert.match(error.message, /cannot run 2\.0\.0-go[^]*then, with 1\.0\.0-go: [^]*cannot run 1\.0\.0-go/);
        assert.match(error.message, /stopped and out of service until the next update/);
        return true;
      });
      assert.deepEqual(done, ["apply", "release 1.0.0-go", "apply", "drain"]);
    });

    it("leaves everything as it is when AWS refuses: that says nothing about a release", async () => {
      aws.on("GetCommandInvocation", () => ({ error: "AccessDeniedException" }));
      await assert.rejects(run(), { name: "AwsRefused" });
      assert.deepEqual(done, ["apply"]);
    });

    it("has nowhere to go back to where the release stays, or its host has not said its images", async () => {
      world.running = wanted;
      await assert.rejects(run(), { name: "CommandFailed" });
      aws.on("GetParameter", ({ Name }) => parameter(String(Name).endsWith("/running") ? { release: old.release } : world.parameter));
      await assert.rejects(run(), { name: "CommandFailed" });
      assert.deepEqual(done, ["apply", "apply"]);
    });
  });

  describe("with a next release", () => {
    const announcing = { ...releaseOf("2.0.0"), next: { ...releaseOf("3.0.0"), at: { height: 900, file: "litecoind/upgrade.json" } } };
    const runAnnouncing = (running: string, told: WantedRelease = announcing): ReturnType<typeof runGate> => {
      const canary = { stopDocument: "coinfleet-test-stop", volumeId: "vol-1", tags: {} };
      aws.on("GetParameter", ({ Name }) => parameter(String(Name).endsWith("/running") ? releaseOf(running) : told));
      return runGate({ ...input, release: told, soakSec: 900, canary }, recordingReporter().reporter, 20);
    };
    const touched = (): readonly string[] => aws.calls.filter((call) => ["CreateSnapshot", "PutParameter", "SendCommand"].includes(call));

    it("only tells its host of it: no snapshot, no trial", async () => {
      assert.equal((await runAnnouncing("2.0.0")).isSynced, true);
      assert.deepEqual(touched(), ["SendCommand", "SendCommand"], "what its host knows, and apply");
    });

    it("passes a node that has taken it by itself, before the stack file says so and after", async () => {
      assert.equal((await runAnnouncing("3.0.0")).isSynced, true);
      assert.equal((await runAnnouncing("3.0.0", releaseOf("3.0.0"))).isSynced, true);
      assert.deepEqual(touched(), ["SendCommand", "SendCommand"]);
    });

    it("is part of what is set again where the parameter says something else", async () => {
      aws.on("PutParameter", ({ Value }) => {
        assert.deepEqual(JSON.parse(String(Value)), announcing);
        return { json: {} };
      });
      aws.on("GetParameter", () => parameter(releaseOf("2.0.0")));
      await runGate({ ...input, release: announcing }, recordingReporter().reporter, 20);
      assert.deepEqual(touched(), ["SendCommand", "PutParameter", "SendCommand"]);
    });
  });

  it("fails when AWS refuses to tell the node's health, before anything is touched", async () => {
    aws.on("GetMetricData", () => ({ error: "AccessDeniedException" }));
    await assert.rejects(run(), /AwsRefused[^]*cloudwatch:GetMetricData: AccessDeniedException/);
    assert.deepEqual(aws.calls, ["PutItem", "GetMetricData", "DeleteItem"]);
  });
});
