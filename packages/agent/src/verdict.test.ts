import assert from "node:assert/strict";
import type { ResolvedHealth, SyncStatus } from "@coinfleet/sdk";
import { judge, maximumHoldSec, type Memory, type Observation, type Tip } from "./verdict.ts";

const now = 1_800_000_000;
const health: ResolvedHealth = {
  tips: [],
  minimumTips: 2,
  settledDepth: 6,
  blockIntervalSec: 600,
  maxBlocksBehind: 2,
  maxTipAgeSec: 6540,
  minimumPeers: 1,
};
const fresh: SyncStatus = { height: 1000, tipHash: "aa", tipTimeSec: now - 60, knownHeight: 1000, peers: 8, isInitialSync: false };
const never: Memory = { confirmedAtSec: undefined };
const reference = (height: number): Tip => ({ source: `reference-${height}`, kind: "reference", height });
const sibling = (height: number): Tip => ({ source: `sibling-${height}`, kind: "sibling", height });

const observe = (change: Partial<Observation> = {}): Observation => ({
  nowSec: now,
  elapsedSec: 100,
  probe: fresh,
  tips: [reference(1000), reference(1000)],
  fork: "same",
  ...change,
});

describe("the verdict", () => {
  it("is synced at the tip of two references", () => {
    const verdict = judge(observe(), health, never);
    assert.equal(verdict.state, "synced");
    assert.equal(verdict.isSynced, true);
    assert.equal(verdict.blocksBehind, 0);
    assert.deepEqual(verdict.memory, { confirmedAtSec: 100 });
  });

  it("allows the blocks that are in flight, and no more", () => {
    assert.equal(judge(observe({ tips: [reference(1002), reference(1002)] }), health, never).state, "synced");
    const behind = judge(observe({ tips: [reference(1003), reference(1003)] }), health, never);
    assert.deepEqual([behind.state, behind.isSynced, behind.blocksBehind], ["behind", false, 3]);
  });

  it("takes the lower one of two tips that differ by what a reference may be late, so that a small lie empties nothing", () => {
    const verdict = judge(observe({ tips: [reference(1000), reference(1004)] }), health, never);
    assert.deepEqual([verdict.state, verdict.tip, verdict.tipsDisagree], ["synced", 1000, false]);
    const apart = judge(observe({ tips: [reference(1000), reference(1005)] }), health, never);
    assert.deepEqual([apart.state, apart.tip, apart.tipsDisagree], ["unknown", undefined, true]);
  });

  it("does not lose a verdict to a clock that jumps, as long as two references see no newer block", () => {
    for (const jump of [-86_400, 86_400]) assert.equal(judge(observe({ nowSec: now + jump }), health, never).state, "synced");
    const held = judge(observe({ nowSec: now - 86_400, tips: [], elapsedSec: 130 }), health, { confirmedAtSec: 100 });
    assert.deepEqual([held.state, held.isSynced], ["holding", true]);
  });

  it("is not behind when the references are late", () => {
    const verdict = judge(observe({ tips: [reference(990), reference(991)] }), health, never);
    assert.deepEqual([verdict.isSynced, verdict.blocksBehind], [true, 0]);
  });

  for (const lie of [999_999, 1]) {
    it(`does not believe one of three tips that says ${lie}`, () => {
      const verdict = judge(observe({ tips: [sibling(1000), reference(lie), reference(1000)] }), health, never);
      assert.deepEqual([verdict.state, verdict.blocksBehind, verdict.tipsDisagree], ["synced", 0, true]);
    });

    it(`holds on to "synced" when one of two tips says ${lie}: nobody knows which one lies`, () => {
      const verdict = judge(observe({ tips: [sibling(1000), reference(lie)] }), health, { confirmedAtSec: 90 });
      assert.deepEqual([verdict.state, verdict.isSynced, verdict.blocksBehind, verdict.tipsDisagree], ["holding", true, undefined, true]);
    });
  }

  it("is behind when both nodes of a group are, by two references", () => {
    const verdict = judge(observe({ tips: [sibling(1000), reference(1100), reference(1100)] }), health, { confirmedAtSec: 90 });
    assert.deepEqual([verdict.state, verdict.blocksBehind], ["behind", 100]);
  });

  it("is behind by its own account where only its siblings speak against that", () => {
    const alone = { ...health, minimumTips: 1 as const };
    const probe = { ...fresh, knownHeight: 1055 };
    assert.equal(judge(observe({ probe, tips: [sibling(1000)] }), alone, { confirmedAtSec: 90 }).state, "behind");
    assert.equal(judge(observe({ probe }), health, never).state, "synced", "peers can claim any height; two references outweigh them");
  });

  it("holds the last verdict for a bounded time when the references are down", () => {
    const down = (elapsedSec: number): Observation => observe({ tips: [], elapsedSec });
    const memory: Memory = { confirmedAtSec: 100 };
    assert.equal(judge(down(110), health, memory).state, "holding");
    assert.equal(judge(down(100 + maximumHoldSec - 1), health, memory).isSynced, true);
    const over = judge(down(100 + maximumHoldSec), health, memory);
    assert.deepEqual([over.state, over.isSynced], ["unknown", false]);
  });

  it("holds nothing that was never confirmed", () => {
    const verdict = judge(observe({ tips: [reference(1000)] }), health, never);
    assert.deepEqual([verdict.state, verdict.isSynced, verdict.tip], ["unknown", false, undefined]);
  });

  const withoutTips: readonly (readonly [string, Partial<SyncStatus>, string])[] = [
    ["without peers", { peers: 0 }, "no-peers"],
    ["with a stale tip", { tipTimeSec: now - 7000 }, "unknown"],
    ["behind its own headers", { knownHeight: 1003 }, "unknown"],
    ["in initial sync", { isInitialSync: true }, "initial-sync"],
  ];
  for (const [name, change, state] of withoutTips) {
    it(`does not hold a node ${name}, and not when it is back either`, () => {
      const first = judge(observe({ tips: [], probe: { ...fresh, ...change } }), health, { confirmedAtSec: 90 });
      assert.deepEqual([first.state, first.isSynced], [state, false]);
      assert.equal(judge(observe({ tips: [] }), health, first.memory).isSynced, false);
    });
  }

  it("is not synced without peers, although it is at the height of its own headers", () => {
    assert.equal(judge(observe({ probe: { ...fresh, peers: 0 } }), health, never).state, "no-peers");
  });

  it("is stalled when its tip is old and its siblings' too: they may share a partition", () => {
    const verdict = judge(observe({ probe: { ...fresh, tipTimeSec: now - 7000 }, tips: [sibling(1000), sibling(1000)] }), health, never);
    assert.deepEqual([verdict.state, verdict.isSynced], ["stalled", false]);
  });

  it("is synced when two references say that the chain itself stands still", () => {
    assert.equal(judge(observe({ probe: { ...fresh, tipTimeSec: now - 7000 } }), health, never).state, "synced");
    assert.equal(
      judge(observe({ probe: { ...fresh, tipTimeSec: now - 7000 }, tips: [reference(1000), sibling(1000)] }), health, never).state,
      "stalled",
    );
  });

  it("is forked when a settled block differs, whatever the tips say", () => {
    const verdict = judge(observe({ fork: "different" }), health, { confirmedAtSec: 90 });
    assert.deepEqual([verdict.state, verdict.isSynced], ["forked", false]);
  });

  it("has no height and no lag when the probe failed", () => {
    const verdict = judge(observe({ probe: { problem: "refused: connect" } }), health, { confirmedAtSec: 90 });
    assert.deepEqual([verdict.state, verdict.isSynced, verdict.tip, verdict.blocksBehind], ["probe-failed", false, undefined, undefined]);
    assert.deepEqual(verdict.memory, { confirmedAtSec: 90 }, "one lost probe does not forget what was known");
  });

  it("goes by itself where a private network has one node", () => {
    const alone = { ...health, minimumTips: 0 as const, minimumPeers: 0 };
    const probe = { ...fresh, peers: 0 };
    assert.deepEqual(
      [judge(observe({ probe, tips: [] }), alone, never).state, judge(observe({ probe, tips: [] }), alone, never).blocksBehind],
      ["synced", 0],
    );
    assert.equal(judge(observe({ probe: { ...probe, knownHeight: 1010 }, tips: [] }), alone, never).state, "behind");
    assert.equal(judge(observe({ probe: { ...probe, tipTimeSec: now - 7000 }, tips: [] }), alone, never).state, "stalled");
  });
});
