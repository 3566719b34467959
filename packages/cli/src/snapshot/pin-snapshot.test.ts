import assert from "node:assert/strict";
import type { GroupSnapshot } from "../drill/snapshots.ts";
import { chooseSnapshot, type PinOptions } from "./pin-snapshot.ts";

const options: PinOptions = { environment: "test", group: "litecoin", isUnprovenAllowed: false };
const snapshot = (id: string, end: Partial<GroupSnapshot> = {}): GroupSnapshot => ({
  id,
  environment: "test",
  takenMs: 0,
  node: "litecoin-1",
  volumeId: "vol-1",
  sizeGiB: 4,
  ...end,
});
const [fresh, bad, proven, older] = [
  snapshot("fresh"),
  snapshot("bad", { failed: "2026-11-21" }),
  snapshot("proven", { provenAt: "2026-11-01" }),
  snapshot("older", { provenAt: "2026-10-01" }),
];

describe("the snapshot that is pinned", () => {
  it("is the newest that a drill has proved, whatever is newer", () => {
    assert.equal(chooseSnapshot([fresh, bad, proven, older], options), proven);
  });

  it("is the newest of all where that is asked for, but none that has failed", () => {
    assert.equal(chooseSnapshot([bad, fresh, proven], { ...options, isUnprovenAllowed: true }), fresh);
  });

  it("is none where none is proven, and the way to one is told", () => {
    assert.throws(
      () => chooseSnapshot([fresh, bad], options),
      /NoSnapshot: No snapshot of litecoin is proven[\s\S]*2 snapshots, of which 1 failed[\s\S]*coinfleet drill/,
    );
    assert.throws(() => chooseSnapshot([bad], { ...options, isUnprovenAllowed: true }), /NoSnapshot/);
  });
});
