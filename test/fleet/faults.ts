import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { FleetUnderTest } from "./fleet-under-test.ts";
import type { TipServer } from "./tip-server.ts";

// From the moment at which a fault can be observed to the state of the alarm.
const alarmLimitSec = 60;
const recoveryLimitSec = 180;
const p2p = 19444;
const rpc = 19443;

/** Real hosts and daemons under faults. Does not prove what AWS's own CloudWatch or a main network does. */
export function describeFaults(fleetUnderTest: () => FleetUnderTest, tips: readonly TipServer[]): void {
  describe("under faults", () => {
    let fleet: FleetUnderTest;
    before(async () => {
      fleet = fleetUnderTest();
      for (const node of Object.keys(fleet.nodes)) await fleet.untilAgent(node, "synced", ({ isSynced }) => isSynced, 300);
    });

    /** Expects the alarm in time, with its message, and after the cure OK with its message. */
    async function expectAlarm(
      node: string,
      id: "node-down" | "node-behind",
      { cause, meanwhile, cure }: Record<"cause" | "meanwhile" | "cure", () => Promise<unknown>>,
    ): Promise<void> {
      await fleet.untilAlarm(node, id, "OK", recoveryLimitSec);
      const told = (await fleet.messages(node, id)).length;
      await cause();
      try {
        const seconds = await fleet.untilAlarm(node, id, "ALARM", alarmLimitSec);
        process.stdout.write(`      ${id} after ${seconds.toFixed(0)} s\n`);
        await meanwhile();
      } finally {
        await cure();
      }
      await fleet.untilAlarm(node, id, "OK", recoveryLimitSec);
      const states = (await fleet.messages(node, id)).slice(told).map(({ NewStateValue }) => NewStateValue);
      assert.deepEqual(states, ["ALARM", "OK"]);
    }

    it("pages for a daemon that is gone, and publishes no height meanwhile", async () => {
      const unit = await fleet.daemonUnit("litecoin-2");
      await expectAlarm("litecoin-2", "node-down", {
        cause: () => fleet.onHost("litecoin-2", `systemctl stop ${unit}`),
        meanwhile: async () => {
          assert.deepEqual(await fleet.metric("litecoin-2", "Height", 15), []);
          assert.equal((await fleet.metric("litecoin-2", "ProbeSuccess", 20)).at(0), 0);
        },
        cure: () => fleet.onHost("litecoin-2", `systemctl start ${unit}`),
      });
      await fleet.untilAgent("litecoin-2", "synced", ({ isSynced }) => isSynced);
    });

    it("pages for a node that hears of no blocks while its sibling mines on, and refuses its RPC", async () => {
      await expectAlarm("litecoin-2", "node-behind", {
        cause: async () => {
          await fleet.cut("litecoin-2", p2p);
          // The first moment at which the fault can be observed.
          await fleet.untilAgent("litecoin-2", "more blocks behind than it may be", ({ blocksBehind = 0 }) => blocksBehind > 3);
        },
        meanwhile: () => fleet.untilRpc("litecoin-1", "node2.litecoin.internal", rpc, false),
        cure: () => fleet.mend("litecoin-2"),
      });
      await fleet.untilRpc("litecoin-1", "node2.litecoin.internal", rpc, true);
    });

    it("keeps all nodes in service while one tip reference lies", async () => {
      const [liar] = tips;
      assert.ok(liar);
      liar.offset = 1000;
      try {
        await fleet.untilAgent("litecoin-2", "has heard the lie", (status) => status.tips.some(({ height = 0 }) => height >= 1000));
        await stayHealthy();
      } finally {
        liar.offset = 0;
      }
    });

    it("keeps all nodes in service while no tip reference answers", async () => {
      for (const tip of tips) tip.isAway = true;
      try {
        await fleet.untilAgent(
          "litecoin-2",
          "has lost its references",
          (status) => status.tips.filter(({ height }) => height !== undefined).length <= 1,
          300,
        );
        await stayHealthy();
      } finally {
        for (const tip of tips) tip.isAway = false;
      }
    });

    it("refuses RPC rather than serve it when both nodes of a group are behind", async () => {
      for (const tip of tips) tip.offset = 100;
      try {
        for (const node of ["litecoin-1", "litecoin-2"]) await fleet.untilAgent(node, "behind", ({ state }) => state === "behind");
        await fleet.untilRpc("litecoin-1", "node2.litecoin.internal", rpc, false);
        await fleet.untilRpc("litecoin-2", "node1.litecoin.internal", rpc, false);
      } finally {
        for (const tip of tips) tip.offset = 0;
      }
      await fleet.untilRpc("litecoin-2", "node1.litecoin.internal", rpc, true);
    });

    /** For a minute: synced, and no alarm of a node that wakes somebody. */
    async function stayHealthy(): Promise<void> {
      for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(5000)) {
        for (const node of ["litecoin-1", "litecoin-2"]) {
          assert.equal((await fleet.agent(node)).isSynced, true);
          for (const id of ["node-down", "node-behind", "node-stalled", "node-forked", "node-has-no-peers"] as const) {
            assert.equal(await fleet.alarm(node, id), "OK", `${node} ${id}`);
          }
        }
      }
    }
  });
}
