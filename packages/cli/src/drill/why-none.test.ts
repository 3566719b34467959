import assert from "node:assert/strict";
import { coins } from "../../../../coins/index.ts";
import { whyNone } from "./why-none.ts";

const groups = {
  lightning: { network: "mainnet", servedBy: "bitcoin" },
  wallets: { coin: "livepeer", network: "mainnet" },
  cold: { coin: "bitcoin", network: "mainnet", backup: { enabled: false } },
  litecoin: { network: "mainnet" },
};

describe("why a group has no drills", () => {
  for (const name of ["lightning", "wallets"] as const)
    it(`is that its data holds keys: ${name}`, () => assert.match(whyNone(coins, groups, name), /its data holds keys/));

  it("is that it has no snapshots, or that nobody asked", () => {
    assert.match(whyNone(coins, groups, "cold"), /nobody takes snapshots of it/);
    assert.match(whyNone(coins, groups, "litecoin"), /drillEveryDays/);
  });

  it("is that there is no such group", () => assert.match(whyNone(coins, groups, "litecion"), /it has lightning, wallets, cold, litecoin/));
});
