import assert from "node:assert/strict";
import { pending, peersAndRpc, privateNetwork, type Network } from "@coinfleet/sdk";
import { monthlyCost, readPrices, type Prices } from "./monthly-cost.ts";

const dated = { asOf: "2026-01-01", source: "invented" };
const prices: Prices = {
  region: "us-east-1",
  hoursPerMonth: 730,
  instances: { ...dated, usdPerHour: { "m7i.large": 0.1 } },
  gp3: { ...dated, usdPerGiBMonth: 0.08, includedIops: 3000, usdPerIopsMonth: 0.005, includedMiBPerSec: 125, usdPerMiBPerSecMonth: 0.04 },
};
const network: Network = {
  ...privateNetwork({ ports: peersAndRpc(9333, 9332), memoryMiB: 4096 }),
  kind: "main",
  instanceType: "m7i.large",
  data: { sizeGiB: 600, growthGiBPerYear: 80, source: "invented" },
};

describe("monthlyCost", () => {
  it("adds the instance and a volume for the data, a year of growth and a quarter", () =>
    assert.deepEqual(monthlyCost(network, prices), { instanceUsd: 73, volumeUsd: 68, totalUsd: 141 }));

  it("adds what the volume can do above gp3's baseline", () => {
    const volume = { iops: 4000, throughputMiBPerSec: 225 };
    assert.equal(monthlyCost({ ...network, volume }, prices).volumeUsd, 68 + 5 + 4);
  });

  it("leaves unknown what nobody knows", () => {
    const data = { ...network.data, growthGiBPerYear: pending("no source") };
    assert.deepEqual(monthlyCost({ ...network, data }, prices), { instanceUsd: 73, volumeUsd: null, totalUsd: null });
    assert.deepEqual(monthlyCost({ ...network, instanceType: "x99.huge" }, prices), { instanceUsd: null, volumeUsd: 68, totalUsd: null });
  });

  it("has prices with a date and a source", () => {
    const { instances, gp3, region } = readPrices();
    for (const { asOf, source } of [instances, gp3]) {
      assert.match(asOf, /^20\d\d/);
      assert.match(source, /\w/);
    }
    assert.match(region, /^[a-z]+-[a-z]+-\d$/);
  });
});
