import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { daysToFull, neverFull, VolumeWatch } from "./volume-usage.ts";

const gib = 2 ** 30;
const hour = 3600;

describe("days to full", () => {
  const grow = (hours: number, perDay: number): { atSec: number; usedBytes: number }[] =>
    Array.from({ length: hours + 1 }, (_, index) => ({ atSec: index * hour, usedBytes: (perDay * index) / 24 }));

  it("follow from what was measured", () => {
    assert.equal(daysToFull(100 * gib, grow(48, 10 * gib), 0), 10);
  });

  it("take the steeper of the slopes over a day and over a week", () => {
    const slow = grow(24 * 6, gib);
    const last = slow.at(-1) ?? { atSec: 0, usedBytes: 0 };
    const fast = grow(24, 20 * gib).map((one) => ({ atSec: last.atSec + one.atSec, usedBytes: last.usedBytes + one.usedBytes }));
    assert.equal(Math.round(daysToFull(100 * gib, [...slow, ...fast.slice(1)], 0)), 5);
  });

  it("are what the coin's author expects until a day was measured", () => {
    assert.equal(daysToFull(100 * gib, grow(2, 0), gib), 100);
    assert.equal(daysToFull(100 * gib, grow(25, 0), gib), neverFull);
  });

  it("are not known where nothing is mounted", async () => {
    assert.equal(await new VolumeWatch(`${tmpdir()}/missing`, 0).read(0), undefined);
  });
});
