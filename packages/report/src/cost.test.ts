import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { costOf, pricesSchema, type Prices } from "./cost.ts";
import type { Change, Preview } from "./engine-events.ts";

const dated = { asOf: "2026-01-01", source: "invented" };
/** Every price is another power of two, so that a sum says what is in it. */
const prices: Prices = {
  region: "invented",
  hoursPerMonth: 1,
  instances: { ...dated, usdPerHour: { "t3.large": 1024 } },
  gp3: { ...dated, usdPerGiBMonth: 1, includedIops: 3000, usdPerIopsMonth: 2, includedMiBPerSec: 125, usdPerMiBPerSecMonth: 4 },
  services: {
    ...dated,
    usdPerMonth: {
      ...{ alarm: 8, fastAlarm: 16, compositeAlarm: 32, metric: 0, dashboard: 64, secret: 128, key: 256 },
      ...{ advancedParameter: 512, hostedZone: 2048, healthCheck: 4096 },
    },
    usdPerHour: { publicAddress: 8192, natGateway: 16384, interfaceEndpointPerZone: 32768, loadBalancer: 65536 },
  },
};

const change = (type: string, name: string, before: object | undefined, after: object | undefined): Change => {
  const state = (inputs: object | undefined): Change["old"] => inputs && { type, urn: name, inputs: { ...inputs } };
  const op = before === undefined ? "create" : after === undefined ? "delete" : "update";
  return { op, type, name, old: state(before), new: state(after), keys: [], replaceKeys: [] };
};
const usdOf = (...changes: readonly Change[]): readonly (readonly [string | undefined, number])[] => {
  const preview: Preview = { changes, unchanged: [], policies: [], errors: [], isComplete: true };
  return costOf(preview, prices, ["litecoin"]).lines.map(({ group, usd }) => [group, usd]);
};
const made = (type: string, inputs: object): number => usdOf(change(type, "litecoin-1-thing", undefined, inputs))[0]?.[1] ?? 0;

describe("the monthly difference", () => {
  it("counts a host with its address and root volume, and a volume with what is more than the base", () => {
    const host = { instanceType: "t3.large", associatePublicIpAddress: true, rootBlockDevice: { volumeSize: 20 } };
    assert.equal(made("aws:ec2/instance:Instance", host), 1024 + 8192 + 20);
    assert.equal(made("aws:ec2/instance:Instance", { ...host, associatePublicIpAddress: false }), 1024 + 20);
    assert.equal(made("aws:ebs/volume:Volume", { type: "gp3", size: 100 }), 100);
    assert.equal(made("aws:ebs/volume:Volume", { type: "gp3", size: 100, iops: 4000, throughput: 225 }), 100 + 1000 * 2 + 100 * 4);
  });

  it("counts what costs by being there", () => {
    assert.equal(made("aws:cloudwatch/metricAlarm:MetricAlarm", { period: 60 }), 8);
    assert.equal(made("aws:cloudwatch/metricAlarm:MetricAlarm", { period: 10 }), 16);
    assert.equal(made("aws:ssm/parameter:Parameter", { tier: "Advanced" }), 512);
    assert.equal(made("aws:ssm/parameter:Parameter", { tier: "Standard" }), 0);
    assert.equal(made("aws:ec2/natGateway:NatGateway", {}), 16384);
    assert.equal(made("aws:ec2/vpcEndpoint:VpcEndpoint", { vpcEndpointType: "Interface", subnetIds: ["a", "b", "c"] }), 3 * 32768);
    assert.equal(made("aws:ec2/vpcEndpoint:VpcEndpoint", { vpcEndpointType: "Gateway" }), 0);
  });

  it("is told for each group and for what all share, and what goes is saved", () => {
    const secret = "aws:secretsmanager/secret:Secret";
    assert.deepEqual(usdOf(change(secret, "litecoin-secrets-rpc", {}, undefined), change("aws:kms/key:Key", "keys-data", undefined, {})), [
      ["litecoin", -128],
      [undefined, 256],
    ]);
    assert.deepEqual(usdOf(change(secret, "litecoin-secrets-rpc", {}, {})), [], "no difference, no line");
  });

  it("names what has no price instead of counting it as free", () => {
    const preview: Preview = {
      changes: [change("aws:ec2/instance:Instance", "litecoin-1-host", undefined, { instanceType: "z9.huge" })],
      ...{ unchanged: [], policies: [], errors: [], isComplete: true },
    };
    assert.deepEqual(costOf(preview, prices, ["litecoin"]).unknown, ["z9.huge"]);
    const dearer = change("aws:ebs/volume:Volume", "litecoin-1-data", { type: "gp3", size: 100 }, { type: "io2", size: 100 });
    assert.deepEqual(usdOf(dearer), [], "to something without a price is no saving");
  });

  it("is reckoned with prices that are kept with their dates and sources", () => {
    const kept = pricesSchema.parse(JSON.parse(readFileSync(new URL("../../../tools/coin/prices.json", import.meta.url), "utf8")));
    for (const { asOf, source } of [kept.instances, kept.gp3, kept.services]) assert.ok(/^2026/.test(asOf) && source.length > 20);
  });
});
