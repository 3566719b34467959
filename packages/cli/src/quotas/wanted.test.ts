import assert from "node:assert/strict";
import { parseStackFile } from "@coinfleet/config";
import { coins } from "../../../../coins/index.ts";
import { wantedBy } from "./wanted.ts";

const text = `
config:
  aws:region: eu-central-1
  aws:allowedAccountIds: ["123456789012"]
  coinfleet:fleet:
    zones: [eu-central-1a, eu-central-1b]
    network: { cidr: 10.0.0.0/16, natGateways: perZone }
    machineImage: { ids: { x86_64: ami-0123456789abcdef0 }, distribution: amazon-linux-2023 }
    nodes:
      bitcoin: { network: mainnet, count: 2, addresses: elastic, volume: { sizeGiB: 1000 } }
      litecoin: { network: regtest, instanceType: t3.large, volume: { sizeGiB: 20, type: io2, iops: 100 } }
`;

describe("what an environment takes of an account", () => {
  it("is the sum of its stack file", () => {
    const reading = parseStackFile(text, coins, { environment: "test", file: "test" });
    assert.ok("config" in reading, "text" in reading ? reading.text : "");
    const { spec, fleet } = reading.config;
    assert.deepEqual(wantedBy(spec, fleet), {
      elasticAddresses: 4,
      volumeGiB: { gp3: 2000, io2: 20 },
      hosts: new Map([
        ["r7i.large", 2],
        ["t3.large", 1],
      ]),
      hostsDuringChange: new Map([
        ["r7i.large", 1],
        ["t3.large", 1],
      ]),
    });
  });
});
