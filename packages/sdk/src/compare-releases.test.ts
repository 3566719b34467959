import assert from "node:assert/strict";
import { compareReleases } from "./compare-releases.ts";

const rising: readonly (readonly [older: string, newer: string])[] = [
  ["0.21.5.6", "0.21.5.8"],
  ["0.9.0", "0.10.0"],
  ["0.21.1", "22.0"],
  ["1.17.5", "1.17.5-9621c6ad"],
  ["v1.15.0", "1.15.3"],
  ["0.18.3-beta.rc3", "0.18.3-beta"],
  ["0.18.3-beta", "0.18.4-beta.rc1"],
  ["1.0.0-rc1", "1.0.0"],
  ["1.0.0-rc.2", "1.0.0-rc.10"],
  ["stable2503-7", "stable2509-1"],
  ["26.0", "26.0.1"],
];

describe("compareReleases", () => {
  for (const [older, newer] of rising) {
    it(`says that ${older} is older than ${newer}`, () => {
      assert.ok(compareReleases(older, newer) < 0);
      assert.ok(compareReleases(newer, older) > 0);
    });
  }
  it("takes the same release in two spellings for the same", () => {
    for (const [one, other] of [
      ["v1.2.3", "1.2.3"],
      ["1.2", "1.2.0"],
      ["29.1", "29.1"],
    ] as const)
      assert.equal(compareReleases(one, other), 0);
  });
});
