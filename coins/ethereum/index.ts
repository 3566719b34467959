import { archives, blockbook, blockchair, defineCoin, evm, evmDevNetwork, goModule, ledExecutionPorts } from "@coinfleet/sdk";
import { pendingDigests, signedArchive, signedBy, testNetwork } from "@coinfleet/sdk";

const slots = { ports: ledExecutionPorts, blockIntervalSec: 12, blockArrival: "slots", minimumTips: 2, settledDepth: 64 } as const;

export default defineCoin({
  id: "ethereum",
  name: "Ethereum",
  symbol: "ETH",
  ...evm({
    execution: "geth",
    consensus: "lighthouse",
    chains: {
      mainnet: {
        chainId: 1,
        genesis: "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
        flags: ["--mainnet"],
        consensus: { network: "mainnet", checkpointUrl: "https://beaconstate.ethstaker.cc" },
      },
      sepolia: {
        chainId: 11_155_111,
        genesis: "0x25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9",
        flags: ["--sepolia"],
        consensus: { network: "sepolia", checkpointUrl: "https://checkpoint-sync.sepolia.ethpandaops.io" },
      },
      dev: { chainId: 1337, flags: ["--dev"] },
    },
  }),
  clients: {
    geth: {
      sources: {
        upstream: {
          kind: "signedArchive",
          // The archives' names hold the commit.
          version: "1.17.5-9621c6ad",
          url: archives("https://gethstore.blob.core.windows.net/builds/geth-linux-{goarch}-{version}.tar.gz"),
          sha256: { "1.17.5-9621c6ad": pendingDigests("no record of upstream's names them (2026-11)") },
          signature: signedBy({ name: "Go Ethereum Linux Builder", fingerprint: "FDE5A1A044FA13D2F7ADA019A61A13569BA28146" }),
          binaries: { geth: "geth-linux-{goarch}-{version}/geth" },
        },
        go: goModule({
          module: "github.com/ethereum/go-ethereum",
          packages: { "github.com/ethereum/go-ethereum/cmd/geth": "geth" },
          sums: {
            "1.16.9": "h1:UTJ93yoXD7BEMWg+9lSZ8/Zvf0oZfy2ZUmv0Gn0ZclE=",
            "1.16.8": "h1:LLLfkZWijhR5m6yrAXbdlTeXoqontH+Ga2f9igY7law=",
          },
        }),
      },
    },
    lighthouse: {
      sources: {
        upstream: signedArchive({
          url: archives(
            "https://github.com/sigp/lighthouse/releases/download/v{version}/lighthouse-v{version}-{machine}-unknown-linux-gnu.tar.gz",
          ),
          sha256: { "8.3.3": pendingDigests("no record of upstream's names them (2026-11)") },
          signature: signedBy({ name: "Sigma Prime", fingerprint: "15E66D941F697E28F49381F426416DC3F30674B0" }),
          binaries: { lighthouse: "lighthouse" },
        }),
      },
    },
  },
  networks: {
    mainnet: {
      kind: "main",
      ...slots,
      data: {
        sizeGiB: 2000,
        growthGiBPerYear: 600,
        source: "aws-samples/aws-blockchain-node-runners blueprints/ethereum/README.md (2026-08)",
      },
      volume: { iops: 8000, throughputMiBPerSec: 700 },
      memoryMiB: 61_440,
      instanceType: "r7g.2xlarge",
      tips: [blockchair("ethereum"), blockbook("eth1.trezor.io")],
    },
    sepolia: testNetwork({ ...slots, memoryMiB: 15_360, instanceType: "m7g.xlarge" }),
    dev: evmDevNetwork,
  },
  snapshot: {
    mainnet: { kind: "client", how: "geth's snap sync, led by lighthouse from a checkpoint" },
    sepolia: { kind: "client", how: "geth's snap sync, led by lighthouse from a checkpoint" },
    dev: { kind: "none", reason: "a private network starts empty" },
  },
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
