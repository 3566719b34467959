import assert from "node:assert/strict";
import { resolveUpgrade } from "./resolve-upgrade.ts";

describe("resolveUpgrade", () => {
  const soak = (blockIntervalSec: number): number => resolveUpgrade({ kind: "main", blockIntervalSec }).soakSec;

  it("tries a release for six blocks, two minutes at least and an hour at most", () =>
    assert.deepEqual([0.4, 12, 150, 600, 3600].map(soak), [120, 120, 900, 3600, 3600]));

  it("waits for nothing where nobody makes blocks by himself", () =>
    assert.deepEqual(resolveUpgrade({ kind: "private", blockIntervalSec: 150 }), { soakSec: 0, limitSec: 3600 }));

  it("takes the group's own times, 0 too", () =>
    assert.deepEqual(resolveUpgrade({ kind: "main", blockIntervalSec: 600 }, { soakMinutes: 0, limitMinutes: 1.5 }), {
      soakSec: 0,
      limitSec: 90,
    }));
});
