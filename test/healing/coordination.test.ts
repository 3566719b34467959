import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { RestartLeave } from "@coinfleet/agent";
import { Coordination, withGroupLock, type Holder } from "@coinfleet/coordination";
import type { ApiAlone } from "@coinfleet/sandbox";
import { coordinationTable } from "@coinfleet/sdk";
import { createTable, startApi } from "./coordination-table.ts";

const hour = 3_600_000;

/** Locks, holds and actions on the sandbox's DynamoDB. Its conditional writes are moto's: that AWS's are the same is not shown. */
describe("the coordination of an environment", function () {
  this.timeout(60_000);
  let api: ApiAlone;
  let tests = 0;
  let environment: string;
  let clock: number;
  let table: Coordination;
  const claim = (owner: string, group = "litecoin"): Omit<Holder, "untilMs"> => ({ group, owner, reason: `for ${owner}` });

  before(async () => void (api = await startApi()));
  after(() => api.stop());

  beforeEach(async () => {
    environment = `test-${++tests}`;
    await createTable(environment);
    clock = Date.UTC(2026, 10, 21);
    table = new Coordination({ table: coordinationTable(environment), now: () => clock });
  });

  it("gives a group's lock to one of many that ask at once, and tells the others who has it", async () => {
    const owners = Array.from({ length: 20 }, (_, index) => `owner ${index}`);
    const answers = await Promise.all(owners.map((owner) => table.acquire(claim(owner), 60)));
    const winners = owners.filter((_, index) => answers[index] === undefined);
    assert.equal(winners.length, 1);
    const [winner = ""] = winners;
    for (const answer of answers.filter((one) => one !== undefined))
      assert.deepEqual(answer, { ...claim(winner), untilMs: clock + 60_000 });
    assert.equal(await table.acquire(claim("another group's", "monero"), 60), undefined);
  });

  it("gives it to its owner again, and to others when it is given back or its time is over", async () => {
    await table.acquire(claim("one"), 60);
    clock += 50_000;
    assert.equal(await table.acquire(claim("one"), 60), undefined);
    clock += 50_000;
    assert.equal((await table.acquire(claim("two"), 60))?.owner, "one");
    await table.release(claim("two"));
    assert.equal((await table.acquire(claim("two"), 60))?.owner, "one");
    clock += 10_001;
    assert.equal(await table.acquire(claim("two"), 60), undefined);
    // Too late: it is another's.
    await table.release(claim("one"));
    assert.equal((await table.acquire(claim("one"), 60))?.owner, "two");
    await table.release(claim("two"));
    assert.equal(await table.acquire(claim("one"), 60), undefined);
  });

  it("holds one node and not the one whose name begins alike, until it is lifted", async () => {
    await table.hold({ group: "litecoin", node: "litecoin-10", reason: "two blocks", by: "alice" });
    assert.equal(await table.holdOn({ group: "litecoin", node: "litecoin-1" }), undefined);
    const hold = { group: "litecoin", node: "litecoin-10", reason: "two blocks", by: "alice", sinceMs: clock };
    assert.deepEqual(await table.holdOn(hold), hold);
    await table.acquire(claim("one"), 60);
    await table.acquire(claim("two", "monero"), 10);
    clock += 11_000;
    assert.deepEqual(await table.everything(), { locks: [{ ...claim("one"), untilMs: clock + 49_000 }], holds: [hold] });
    assert.deepEqual([await table.lift(hold), await table.lift(hold)], [true, false]);
    assert.equal(await table.holdOn(hold), undefined);
  });

  it("keeps what was done, in the order in which it was", async () => {
    const done = { group: "litecoin", node: "litecoin-1", kind: "restart", why: "stuck", by: "agent of litecoin-1" } as const;
    await table.record(done);
    clock += hour;
    await table.record({ ...done, kind: "grow", node: "litecoin-2" });
    const actions = await table.actionsSince("litecoin", 0);
    assert.deepEqual(actions, [
      { ...done, atMs: clock - hour },
      { ...done, kind: "grow", node: "litecoin-2", atMs: clock },
    ]);
    assert.deepEqual(await table.actionsSince("litecoin", clock - 1), actions.slice(1));
    assert.deepEqual((await table.everything()).locks, []);
  });

  it("keeps a lock for as long as the work takes, and gives it back when the work fails", async () => {
    const real = new Coordination({ table: coordinationTable(environment) });
    const options = { leaseSec: 1, pollMs: 50, onWait: () => undefined };
    let isWorking = false;
    const work = async (): Promise<void> => {
      assert.equal(isWorking, false, "two at once");
      isWorking = true;
      await sleep(2500);
      isWorking = false;
      throw new Error("failed");
    };
    const ends = await Promise.allSettled(["one", "two"].map((owner) => withGroupLock(real, claim(owner), options, work)));
    assert.deepEqual(
      ends.map((end) => end.status === "rejected" && String(end.reason)),
      ["Error: failed", "Error: failed"],
    );
    assert.deepEqual((await real.everything()).locks, []);
  });

  it("stops waiting for a lock when it is told to", async () => {
    await table.acquire(claim("one"), 60);
    const onWait = ({ owner }: Holder): never => assert.fail(`${owner} has it`);
    await assert.rejects(
      withGroupLock(table, claim("two"), { onWait }, () => assert.fail("must not work")),
      /one has it/,
    );
  });

  describe("lets an agent restart its node", () => {
    const leaveOf = (index: number, restartsPerDay = 2): RestartLeave =>
      new RestartLeave({
        config: { environment, region: "eu-central-1", group: "litecoin", node: `litecoin-${index}`, selfHealing: { restartsPerDay } },
        table,
        now: () => clock,
      });

    it("and no other of its group at the same time", async () => {
      assert.equal(await leaveOf(1).ask("stuck"), undefined);
      assert.equal(await leaveOf(2).ask("stuck too"), "agent of litecoin-1 has the group: stuck");
      await leaveOf(1).giveBack();
      assert.equal(await leaveOf(2).ask("stuck too"), undefined);
      assert.deepEqual(
        (await table.actionsSince("litecoin", 0)).map(({ node, why }) => [node, why]),
        [
          ["litecoin-1", "stuck"],
          ["litecoin-2", "stuck too"],
        ],
      );
    });

    it("for as long as it keeps its leave, and three minutes after it has died", async () => {
      await leaveOf(1).ask("stuck");
      clock += 170_000;
      await leaveOf(1).keep();
      clock += 170_000;
      assert.match((await leaveOf(2).ask("stuck")) ?? "", /agent of litecoin-1 has the group/);
      clock += 11_000;
      assert.equal(await leaveOf(2).ask("stuck"), undefined);
    });

    it("so often in 24 hours, whatever restarts people asked for", async () => {
      await table.record({ group: "litecoin", node: "litecoin-1", kind: "restart", why: "by hand", by: "alice" });
      for (let time = 0; time < 2; time++, clock += hour) {
        assert.equal(await leaveOf(1).ask("stuck"), undefined);
        await leaveOf(1).giveBack();
      }
      assert.equal(await leaveOf(1).ask("stuck"), "it was restarted 2 times in 24 hours already");
      assert.deepEqual((await table.everything()).locks, []);
      clock += 22 * hour + 1;
      assert.equal(await leaveOf(1).ask("stuck"), undefined);
    });

    it("never while an operator holds it, or the stack file says no", async () => {
      await table.hold({ group: "litecoin", node: "litecoin-1", reason: "two blocks", by: "alice" });
      assert.equal(await leaveOf(1).ask("stuck"), "alice holds the node: two blocks");
      assert.equal(await leaveOf(2, 0).ask("stuck"), "selfHealing is off in the stack file");
      await table.lift({ group: "litecoin", node: "litecoin-1" });
      assert.equal(await leaveOf(1).ask("stuck"), undefined);
    });
  });
});
