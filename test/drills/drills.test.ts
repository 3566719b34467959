import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { DeleteParameterCommand, GetParametersByPathCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { Run } from "../engine/support.ts";
import { FleetUnderTest } from "../fleet/fleet-under-test.ts";
import { fleetOf } from "../fleet/stack.ts";
import { copyRegion, Snapshots } from "./snapshots.ts";

const groups = {
  litecoin: {
    network: "regtest",
    count: 2,
    sources: { litecoind: "debian" },
    blockEverySec: 5,
    backup: { drillEveryDays: 30, copyTo: { region: copyRegion } },
  },
};

/**
 * Drills on real hosts and daemons. Does not prove what EBS does: here a snapshot is a copy of a file, complete in seconds and never read lazily; nor what
 * Data Lifecycle Manager does: the test takes and copies the snapshots, with the tags that it would copy. Nor that AWS lets a role do it: see
 * test/program/bootstrap.test.ts.
 */
describe("drills", function () {
  this.timeout(30 * 60_000);
  let fleet: FleetUnderTest;
  let snapshots: Snapshots;
  let good: string;
  let copy: string;

  before(async () => {
    fleet = await FleetUnderTest.start(`drills-${process.pid}`);
    await fleet.up(fleetOf(groups));
    snapshots = new Snapshots(fleet);
  });

  after(async () => fleet?.remove());

  const drill = (...args: readonly string[]): Promise<Run> => fleet.stack.coinfleet(["drill", "-e", "test", ...args]);

  async function parameters(): Promise<readonly string[]> {
    const client = new SSMClient(fleet.clientSettings);
    const { Parameters = [] } = await client.send(new GetParametersByPathCommand({ Path: "/coinfleet/test/litecoin-drill" }));
    return Parameters.map(({ Name = "" }) => Name.split("/").at(-1) ?? "").sort();
  }

  async function nothingIsLeft(): Promise<void> {
    assert.deepEqual(await snapshots.ofDrills(), []);
    assert.deepEqual(await parameters(), ["agent", "release", "template"]);
  }

  it("are refused where nobody has taken a snapshot, and that is a drill that failed", async () => {
    const { code, stderr } = await drill("litecoin");
    assert.equal(code, 1);
    assert.match(stderr, /NoSnapshot: litecoin has no snapshot/);
    assert.equal((await fleet.groupMetric("litecoin", "DrillSucceeded", 5))[0], 0);
    assert.equal((await fleet.groupMetric("litecoin", "DaysSinceDrill", 5))[0], 9999);
    await nothingIsLeft();
  });

  it("of copies are refused where nothing has been copied", async () => {
    const { code, stderr } = await drill("litecoin", "--copied");
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`NoSnapshot: litecoin has no snapshot in ${copyRegion}`));
    assert.equal((await fleet.groupMetric("litecoin", "DaysSinceCopyDrill", 5))[0], 9999);
    await nothingIsLeft();
  });

  it("are refused for a group whose data holds keys, with the reason", async () => {
    const { code, stderr } = await new Promise<{ code: number; stderr: string }>((resolve) => {
      const env = { ...process.env, ...fleet.variables };
      execFile(
        join(import.meta.dirname, "../../packages/cli/bin/coinfleet"),
        ["drill", "lightning", "-e", "production"],
        { env },
        (error, _, stderr_) => resolve({ code: error === null ? 0 : 1, stderr: stderr_ }),
      );
    });
    assert.equal(code, 1);
    assert.match(stderr, /NoDrills: There are no drills of lightning\.[\s\S]*its data holds keys/);
  });

  it("prove a good snapshot, and leave nothing behind", async () => {
    await fleet.untilAgent("litecoin-2", "some settled blocks", ({ isSynced, settled }) => isSynced && settled.length > 1, 600);
    // What the daemon has written to its database by now is in the snapshot: it flushes when it stops.
    await fleet.onHost("litecoin-2", `systemctl restart ${await fleet.daemonUnit("litecoin-2")}`);
    await fleet.untilAgent("litecoin-2", "synced", ({ isSynced }) => isSynced, 300);
    good = await snapshots.take("litecoin-2");
    const { code, stdout, stderr, seconds } = await drill("litecoin");
    assert.equal(code, 0, stderr);
    process.stdout.write(`      ${stdout.trim()} (${seconds.toFixed(0)} s in all)\n`);
    assert.match(stdout, new RegExp(`^litecoin: ${good} is proven: synced after .*, block \\d+ as on litecoin-1, litecoin-2$`, "m"));
    const tags = await snapshots.tags(good);
    assert.match(tags["coinfleet:proven"] ?? "", /^\d{4}-\d\d-\d\dT/);
    assert.equal((await fleet.groupMetric("litecoin", "DrillSucceeded", 2))[0], 1);
    const [recovery = 0] = await fleet.groupMetric("litecoin", "DrillRecoverySeconds", 2);
    assert.ok(recovery > 10 && recovery < seconds, `${recovery} s`);
    const [age = 0] = await fleet.groupMetric("litecoin", "DrillDataAgeSeconds", 2);
    assert.ok(age > 0 && age < 60, `${age} s`);
    await nothingIsLeft();
  });

  it("prove a good copy of another region, brought back first, and leave nothing behind in either", async () => {
    copy = await snapshots.copy(good);
    const before = await snapshots.all();
    const { code, stdout, stderr, seconds } = await drill("litecoin", "--copied");
    assert.equal(code, 0, stderr);
    process.stdout.write(`      ${stdout.trim()} (${seconds.toFixed(0)} s in all)\n`);
    const proven = `^litecoin: ${copy} in ${copyRegion} is proven: synced after .*, block \\d+ as on litecoin-1, litecoin-2$`;
    assert.match(stdout, new RegExp(proven, "m"));
    const tags = await snapshots.tags(copy, "copied");
    assert.match(tags["coinfleet:proven"] ?? "", /^\d{4}-\d\d-\d\dT/);
    assert.equal((await fleet.groupMetric("litecoin", "CopyDrillSucceeded", 2))[0], 1);
    const [recovery = 0] = await fleet.groupMetric("litecoin", "CopyDrillRecoverySeconds", 2);
    assert.ok(recovery > 10 && recovery < seconds, `${recovery} s`);
    // Of the data, and not of the copy.
    const [age = 0] = await fleet.groupMetric("litecoin", "CopyDrillDataAgeSeconds", 2);
    const older = (await snapshots.startedMs(copy, "copied")) - (await snapshots.startedMs(good));
    assert.ok(older > 0 && age > older / 1000, `${age} s, the copy was begun after ${older} ms`);
    await nothingIsLeft();
    assert.deepEqual(await snapshots.all(), before);
  });

  it("are not held again before their time", async () => {
    const { code, stdout, stderr } = await drill("--all", "--json");
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), []);
    assert.match(stderr, /litecoin: last good drill 0\.0 days ago, wanted every 30/);
    assert.match(stderr, /litecoin: last good drill of a copy 0\.0 days ago, wanted every 30/);
  });

  it("find out a snapshot whose chain data is damaged, say so, and leave nothing behind", async () => {
    const broken = await snapshots.change(
      good,
      "litecoin-1",
      // Every file of the block index: the daemon cannot begin with it.
      "find litecoind -path '*/blocks/index/*' -type f | while read -r file; do head -c 4096 /dev/urandom > $file; done",
    );
    const { code, stderr, seconds } = await drill("litecoin");
    assert.equal(code, 1);
    process.stdout.write(`      found out after ${seconds.toFixed(0)} s\n`);
    // Whoever says it first: the node's metrics, or its host when it is asked.
    assert.match(
      stderr,
      /DrillFailed: The newest snapshot of litecoin does not become a node\.[\s\S]*(have ended 5 times|ended with code 1)/,
    );
    const tags = await snapshots.tags(broken);
    assert.equal(tags["coinfleet:proven"], undefined);
    assert.match(tags["coinfleet:drill-failed"] ?? "", /^\d{4}-/);
    assert.equal((await fleet.groupMetric("litecoin", "DrillSucceeded", 2)).at(0), 0);
    await nothingIsLeft();
    for (const node of ["litecoin-1", "litecoin-2"]) assert.equal((await fleet.agent(node)).isSynced, true);
    await snapshots.remove(broken);
  });

  it("begin with removing what a killed one has left, once that is taken for dead", async () => {
    const kill = new AbortController();
    const killed = fleet.stack.coinfleet(["drill", "-e", "test", "litecoin", "--copied"], kill.signal);
    const left = await fleet.until("a copy, an instance and its volumes", 120, async () => {
      const found = await snapshots.ofDrills();
      return found.length > 3 ? found : undefined;
    });
    kill.abort();
    await killed;
    const refused = await drill("litecoin");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /DrillUnderWay/);
    assert.deepEqual(await snapshots.ofDrills(), left);
    // Five minutes without a sign of life, in short.
    await new SSMClient(fleet.clientSettings).send(new DeleteParameterCommand({ Name: "/coinfleet/test/drills/run/litecoin" }));
    const { code, stderr } = await drill("litecoin");
    assert.equal(code, 0, stderr);
    for (const id of left) assert.match(stderr, new RegExp(`left by an earlier drill: .*${id}`));
    await nothingIsLeft();
  });
});
