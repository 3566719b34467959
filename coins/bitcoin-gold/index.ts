import { bitcoinPorts, bitcoinRpc, defineCoin, mainNetwork, noSnapshot, oneClient } from "@coinfleet/sdk";
import { pending, privateNetwork, signedArchive, testNetwork, unmeasured } from "@coinfleet/sdk";

const releases = "https://github.com/BTCGPU/BTCGPU/releases/download/v{version}";
const work = {
  blockIntervalSec: 600,
  blockArrival: "work",
  data: unmeasured("the only figure, 350 in src/chainparams.cpp, says neither unit nor date: measure"),
} as const;

export default defineCoin({
  id: "bitcoin-gold",
  name: "Bitcoin Gold",
  symbol: "BTG",
  status: {
    kind: "experimental",
    reason: "the last stable release is of 2020-07-29, peers are scarce, and upstream's issue 476 calls the coin dead",
    since: "2025-03-01",
  },
  ...bitcoinRpc({
    daemon: "bgoldd",
    core: 17,
    // All from upstream's src/chainparams.cpp; nobody has looked at the file of the tag itself.
    chains: {
      mainnet: {
        chain: "main",
        // Bitcoin's own first block.
        genesis: "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
        // They split at 491,407, whose hash it does not name; the first block after it that it names is its defaultAssumeValid.
        split: { height: 566_000, hash: "00000001ddb50bf6de8012bf8cd15bebc278c7e75ce5f77409ab78a291bd7e36" },
      },
      testnet: { chain: "test", genesis: "00000000e0781ebe24b91eedc293adfea2f557b53ec379e78959de3853e6f9f6" },
      regtest: { chain: "regtest" },
    },
  }),
  clients: oneClient("bgoldd", {
    upstream: signedArchive({
      url: { x86_64: `${releases}/bitcoin-gold-{version}-x86_64-linux-gnu.tar.gz` },
      sha256: { "0.17.3": { x86_64: pending("the fingerprint of the key that signed its sums is not known") } },
      signature: { kind: "sums", sums: `${releases}/SHA256SUMS.asc`, signature: "inline", signers: [], threshold: 1 },
      binaries: { bgoldd: "bitcoin-gold-{version}/bin/bgoldd" },
    }),
  }),
  networks: {
    mainnet: mainNetwork({ ...work, ports: bitcoinPorts(8338, 8332), tips: [] }),
    testnet: testNetwork({ ...work, ports: bitcoinPorts(18338, 18332) }),
    regtest: privateNetwork({ ports: bitcoinPorts(18444, 18443), memoryMiB: 512 }),
  },
  snapshot: noSnapshot(["mainnet", "testnet", "regtest"], "upstream publishes none"),
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
