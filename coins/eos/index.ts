import { antelope, antelopeLocal, antelopePorts, antelopeSlots, defineCoin, noSnapshot, oneClient, pending } from "@coinfleet/sdk";
import { privateNetwork, spring, testNetwork } from "@coinfleet/sdk";

export default defineCoin({
  id: "eos",
  name: "EOS (Vaulta)",
  symbol: "EOS",
  ...antelope({
    chains: {
      mainnet: {
        chainId: "aca376f206b8fc25a6ed44dbdc66547c36c6c33e3a119ffbeaef943642f0e906",
        genesis: { timestamp: "2018-06-08T08:08:08.888", key: "EOS7EarnUhcyYqmdnPon8rm7mBCTnBoot6o7fE2WzjvEX2TdggbL3" },
        peers: ["eos.seed.eosnation.io:9876", "peer1.eosphere.io:9876", "peer2.eosphere.io:9876", "p2p.genereos.io:9876"],
      },
      jungle4: {
        chainId: "73e4385a2708e6d7048834fbc1079f2fabb17b3c125b146af438971e90716c4d",
        peers: ["jungle4.seed.eosnation.io:9876", "peer1-jungle4.eosphere.io:9876"],
      },
      local: antelopeLocal,
    },
  }),
  clients: oneClient("nodeos", spring),
  networks: {
    mainnet: {
      kind: "main",
      ...antelopeSlots,
      data: {
        sizeGiB: 1024,
        growthGiBPerYear: pending("no source"),
        source: "VaultaFoundation/docs hardware requirements (2023-06), without the blocks log; 4096 with it",
      },
      memoryMiB: 61_440,
      instanceType: "r7i.2xlarge",
      tips: [],
    },
    jungle4: testNetwork({
      ...antelopeSlots,
      memoryMiB: 14_336,
      instanceType: "m7i.xlarge",
    }),
    local: privateNetwork({ ...antelopeSlots, ports: antelopePorts, memoryMiB: 1024, minimumTips: 1 }),
  },
  snapshot: noSnapshot(
    ["mainnet", "jungle4", "local"],
    "public snapshots carry neither checksum nor signature, and the client wants to be told of one on a single start",
  ),
  upgrades: [],
});
