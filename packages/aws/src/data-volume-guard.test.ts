import assert from "node:assert/strict";
import { placementTags, refusals, type Placement } from "./data-volume-guard.ts";

const wish: Placement = { zone: "eu-central-1a", volume: { sizeGiB: 100, snapshotId: undefined } };

const names = (after: Placement): readonly string[] =>
  refusals(placementTags(wish), placementTags(after)).map((text) => text.split(":")[0] ?? "");

describe("the guard of data volumes", () => {
  it("lets an unchanged volume and a larger one pass", () => {
    assert.deepEqual(names(wish), []);
    assert.deepEqual(names({ ...wish, volume: { sizeGiB: 101, snapshotId: undefined } }), []);
  });

  it("refuses a smaller volume, by number and not by text", () => {
    assert.deepEqual(names({ ...wish, volume: { sizeGiB: 99, snapshotId: undefined } }), ["VolumeCannotShrink"]);
    assert.deepEqual(refusals(placementTags({ ...wish, volume: { sizeGiB: 99, snapshotId: undefined } }), placementTags(wish)), []);
  });

  it("refuses another zone", () => assert.deepEqual(names({ ...wish, zone: "eu-central-1b" }), ["VolumeCannotMove"]));

  it("lets a snapshot be pinned for the volumes that come after", () =>
    assert.deepEqual(names({ ...wish, volume: { sizeGiB: 100, snapshotId: "snap-1" } }), []));

  it("tells all reasons at once", () =>
    assert.equal(names({ zone: "eu-central-1b", volume: { sizeGiB: 1, snapshotId: undefined } }).length, 2));

  it("has nothing to say of a volume that was made before it had tags", () => assert.deepEqual(refusals({}, placementTags(wish)), []));
});
