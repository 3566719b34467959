import assert from "node:assert/strict";
import { describeBalancer } from "./balancer.ts";
import { describeBoots } from "./boots.ts";
import { beforeUpgrade, describeChanges } from "./changes.ts";
import { describeFaults } from "./faults.ts";
import { FleetUnderTest } from "./fleet-under-test.ts";
import { describeHardening } from "./hardening.ts";
import { describeHealing } from "./healing.ts";
import { describeHostFacts } from "./host-facts.ts";
import { describeLogs } from "./logs.ts";
import { describeRestore } from "./restore.ts";
import { testFleet, type Groups } from "./stack.ts";
import { TipServer } from "./tip-server.ts";
import { describeVolumes } from "./volumes.ts";

/** The whole program with the real engine, real hosts and real daemons, as one story: a later part begins with what an earlier one has left. */
describe("a fleet from its first `up` to its end", function () {
  this.timeout(30 * 60_000);
  let fleet: FleetUnderTest;
  const tips: TipServer[] = [];
  const at = (): FleetUnderTest => fleet;
  /** The fleet's stack file, with changes to its groups. Litecoin's tip references are the test's own. */
  const file = (groups: Groups = {}, zones?: readonly string[]): ReturnType<typeof testFleet> =>
    testFleet(
      { ...groups, litecoin: { tips: tips.map(({ url }, n) => ({ name: `reference-${n + 1}`, url, height: "" })), ...groups["litecoin"] } },
      zones,
    );

  before(async () => {
    fleet = await FleetUnderTest.start(`test-${process.pid}`);
    for (let n = 0; n < 2; n++) tips.push(await TipServer.start(fleet.outerAddress));
  });

  after(async () => {
    for (const tip of tips) tip.stop();
    await fleet?.remove();
  });

  it("registers nothing when the stack file is wrong, and says what is", async () => {
    await fleet.stack.write(
      file({ litecoin: { network: "regtst", sizeGb: 3 }, litecion: { network: "regtest" }, monero: { options: { prun: true } } }),
    );
    const { code, stdout, stderr } = await fleet.stack.up();
    assert.notEqual(code, 0);
    const said = stdout + stderr;
    assert.match(said, /UnknownNetwork: .*\n.*fleet\.nodes\.litecoin\.network\n.*"regtst"\n.*\n.*Did you mean "regtest"\?/);
    assert.match(said, /UnknownKey: .*\n.*fleet\.nodes\.litecoin\.sizeGb/);
    assert.match(said, /UnknownCoin: .*\n.*fleet\.nodes\.litecion\n(.*\n)*.*Did you mean "litecoin"\?/);
    assert.match(said, /UnknownOption: .*\n.*fleet\.nodes\.monero\.options/);
    const made = (await fleet.stack.state()).filter((one) => one.type !== "pulumi:pulumi:Stack").map((one) => one.type);
    assert.deepEqual(made, []);
  });

  it("makes the fleet", async () => {
    await fleet.up(file(beforeUpgrade));
    for (const tip of tips) tip.follow(async () => (await fleet.agent("litecoin-1")).probe?.height);
    assert.deepEqual(Object.keys(fleet.nodes), ["decred-1", "ethereum-1", "litecoin-1", "litecoin-2", "monero-1"]);
  });

  it("previews no change when nothing has changed", async () => assert.deepEqual(await fleet.stack.plan(), []));

  describeHostFacts(at);
  describeHardening(at);
  describeFaults(at, tips);
  describeChanges(at, file);
  describeVolumes(at, file);
  // Minutes more: requests while nodes go, restarts by themselves, a node's own archive, a new host.
  if (process.env["COINFLEET_TEST_FULL"] === "1") {
    describeBalancer(at, tips);
    describeHealing(at);
    describeBoots(at);
    describeRestore(at, file);
    describeLogs(at, file);
  }

  // In a suite of its own: mocha runs a suite's tests before the suites in it.
  describe("at its end", () => {
    it("keeps volumes, keys and secrets when it is destroyed, which takes more than `destroy`", async () => {
      const refused = await fleet.stack.destroy();
      assert.notEqual(refused.code, 0);
      assert.match(refused.stdout + refused.stderr, /protect/);
      const done = await fleet.stack.destroy("--exclude-protected");
      assert.equal(done.code, 0, done.stdout + done.stderr);
      const left = (await fleet.stack.state()).filter((one) => one.protect === true).map((one) => one.type);
      assert.deepEqual([...new Set(left)].sort(), ["aws:ebs/volume:Volume", "aws:kms/key:Key", "aws:secretsmanager/secret:Secret"]);
    });
  });
});
