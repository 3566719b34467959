import { bitcoinPorts, bitcoinRpc, defineCoin, mainNetwork, noSnapshot, oneClient } from "@coinfleet/sdk";
import { pending, privateNetwork, signedArchive, testNetwork, unmeasured } from "@coinfleet/sdk";

const work = {
  blockIntervalSec: 15,
  blockArrival: "work",
  data: unmeasured("src/kernel/chainparams.cpp names 32 GB, the project's wiki 500 GB: measure"),
} as const;

export default defineCoin({
  id: "digibyte",
  name: "DigiByte",
  symbol: "DGB",
  // Its source pins no minimum of work: a fresh node believes a cheap chain, so tips and siblings matter here more than elsewhere.
  ...bitcoinRpc({
    daemon: "digibyted",
    chains: {
      mainnet: { chain: "main", genesis: "7497ea1b465eb39f1c8f507bc877078fe016d6fcb6dfad3a64c98dcc6e1e8496" },
      testnet: { chain: "test", genesis: "308ea0711d5763be2995670dd9ca9872753561285a84da1d58be58acaa822252" },
      regtest: { chain: "regtest", genesis: "4598a0f2b823aaf9e77ee6d5e46f1edb824191dcd48b08437b7cec17e6ae6e26" },
    },
  }),
  clients: oneClient("digibyted", {
    upstream: signedArchive({
      url: { x86_64: "https://github.com/DigiByte-Core/digibyte/releases/download/v{version}/digibyte-{version}-x86_64-linux-gnu.tar.gz" },
      sha256: { "9.26.5": { x86_64: pending("only a third party names its digest (2026-07): compare with the one that GitHub shows") } },
      signature: { kind: "none", reason: "upstream publishes neither sums nor signatures (DigiByte-Core/digibyte issue 299)" },
      binaries: { digibyted: "digibyte-{version}/bin/digibyted" },
    }),
  }),
  networks: {
    // No tips: dgb1.trezor.io is reported offline, and the project's explorer has no evidenced address for the height.
    mainnet: mainNetwork({ ...work, ports: bitcoinPorts(12024, 14022), tips: [], memoryMiB: 7168, settledDepth: 40 }),
    testnet: testNetwork({ ...work, ports: bitcoinPorts(12026, 14023), settledDepth: 80 }),
    regtest: privateNetwork({ ports: bitcoinPorts(18444, 18443), memoryMiB: 512 }),
  },
  snapshot: noSnapshot(["mainnet", "testnet", "regtest"], "upstream publishes none"),
  databaseSurvivesDowngrade: false,
  upgrades: [
    {
      name: "DigiDollar and AlgoLock",
      network: "mainnet",
      release: "9.26.5",
      at: { height: 23_869_440, expected: "2026-07-17" },
      source: "DigiByte-Core/digibyte pull request 429",
    },
  ],
});
