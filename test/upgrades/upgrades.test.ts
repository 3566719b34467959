import assert from "node:assert/strict";
import { DescribeSnapshotsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { Snapshots } from "../drills/snapshots.ts";
import { FleetUnderTest } from "../fleet/fleet-under-test.ts";
import { fleetOf } from "../fleet/stack.ts";

const [oldRelease, newRelease] = ["1.16.8", "1.16.9"];
const file = (geth: string): ReturnType<typeof fleetOf> =>
  fleetOf({ ethereum: { network: "dev", sources: { geth: "go" }, release: { geth } } });

/** What an upgrade leaves behind of the data before it. Does not prove what a main network's database does in an upgrade. */
describe("an upgrade of a group's first node", function () {
  this.timeout(30 * 60_000);
  let fleet: FleetUnderTest;
  let snapshots: Snapshots;

  before(async () => {
    fleet = await FleetUnderTest.start(`upgrades-${process.pid}`);
    await fleet.up(file(oldRelease));
    snapshots = new Snapshots(fleet);
  });

  after(async () => fleet?.remove());

  async function keptBefore(release: string): Promise<readonly string[]> {
    const Filters = [{ Name: "tag:coinfleet:before-release", Values: [release] }];
    const { Snapshots: found = [] } = await new EC2Client(fleet.clientSettings).send(new DescribeSnapshotsCommand({ Filters }));
    return found.map(({ SnapshotId = "" }) => SnapshotId);
  }

  it("takes no snapshot when the fleet is made", async () => assert.deepEqual(await keptBefore(`${oldRelease}-go`), []));

  it("keeps the data as the old release left it when it was stopped", async () => {
    const started = Date.now();
    await fleet.up(file(newRelease));
    process.stdout.write(`      upgraded in ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
    const [snapshot = "none", ...others] = await keptBefore(`${newRelease}-go`);
    assert.deepEqual(others, []);
    assert.match(await fleet.onHost("ethereum-1", "cat /var/lib/coinfleet/data/.coinfleet/release.json"), new RegExp(newRelease));
    // The marker is written before a release first writes: it says whose data this is. A database that was in use has a lock that somebody holds.
    const copy = await snapshots.change(snapshot, "ethereum-1", `grep -F ${oldRelease} .coinfleet/release.json; test -d geth`);
    await snapshots.remove(copy);
    assert.deepEqual(await fleet.stack.plan(), []);
  });

  it("lets a snapshot be pinned for new volumes without touching those that exist", async () => {
    const snapshot = await snapshots.take("ethereum-1");
    const refused = await fleet.stack.coinfleet(["snapshot", "pin", "ethereum", "-e", "test"]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /NoSnapshot: No snapshot of ethereum is proven/);
    assert.deepEqual(await fleet.stack.plan(), []);
    const pinned = await fleet.stack.coinfleet(["snapshot", "pin", "ethereum", "-e", "test", "--unproven"]);
    assert.equal(pinned.code, 0, pinned.stderr);
    assert.match(pinned.stdout, new RegExp(`volume\\.snapshot of ethereum is now ${snapshot}, .* UNPROVEN`));
    assert.deepEqual([...(await fleet.stack.plan())].sort(), [
      "replace command:local:Command ethereum-1-gate",
      "update aws:ssm/parameter:Parameter ethereum-1-parameters-config",
    ]);
  });
});
