import assert from "node:assert/strict";
import { environmentDefaults } from "./environment-spec.ts";
import { resolveSelfHealing } from "./resolve-self-healing.ts";

describe("resolveSelfHealing", () => {
  const { selfHealing: environment } = environmentDefaults;
  const nothing = { restartsPerDay: 0, growByPercent: 0 };

  it("takes what the group says, and else what the environment says", () => {
    assert.deepEqual(resolveSelfHealing(environment), { restartsPerDay: 3, growByPercent: 20 });
    assert.deepEqual(resolveSelfHealing({ ...environment, restartsPerDay: 5 }, { growByPercent: 0 }), {
      restartsPerDay: 5,
      growByPercent: 0,
    });
  });

  it("does nothing once either says no, whatever else they say", () => {
    assert.deepEqual(resolveSelfHealing(environment, { enabled: false, restartsPerDay: 2 }), nothing);
    assert.deepEqual(resolveSelfHealing({ ...environment, enabled: false }, { enabled: true, restartsPerDay: 2 }), nothing);
  });
});
