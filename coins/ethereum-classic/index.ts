import { blockbook, defineCoin, evmAlone, evmDevNetwork, executionPorts } from "@coinfleet/sdk";
import { goModule, noSnapshot, oneClient, pendingDigests, signedArchive, testNetwork, unmeasured } from "@coinfleet/sdk";

const work = { blockIntervalSec: 13, blockArrival: "work", minimumTips: 2 } as const;
const data = unmeasured("no source says how large it is: measure");

export default defineCoin({
  id: "ethereum-classic",
  name: "Ethereum Classic",
  symbol: "ETC",
  ...evmAlone({
    execution: "geth",
    chains: {
      mainnet: {
        chainId: 61,
        // Ethereum's own: the two chains are one until block 1,920,000.
        genesis: "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
        flags: ["--classic"],
      },
      mordor: {
        chainId: 63,
        genesis: "0xa68ebde7932eccb177d38d55dcc6461a019dd795a681e59b5a3e4f3a7259a3f1",
        flags: ["--mordor"],
      },
      // 1.12.22 calls the first block that it has itself written to disk a bad one, and does not start again.
      dev: { chainId: 1337, flags: ["--dev"], isForgotten: true },
    },
  }),
  clients: oneClient("geth", {
    upstream: signedArchive({
      // 1.12.21 mended a crash that any peer could cause.
      url: {
        x86_64: "https://github.com/etclabscore/core-geth/releases/download/v{version}/core-geth-linux-v{version}.zip",
        arm64: "https://github.com/etclabscore/core-geth/releases/download/v{version}/core-geth-arm64-v{version}.zip",
      },
      sha256: { "1.12.22": pendingDigests("they are in upstream's <archive>.sha256, of which no record names them (2026-11)") },
      signature: { kind: "none", reason: "upstream publishes a sha256 file beside each archive and signs nothing" },
      binaries: { geth: "geth" },
    }),
    go: goModule({
      module: "github.com/ethereum/go-ethereum",
      publishedAs: "github.com/etclabscore/core-geth",
      cgo: true,
      // Its memory profiler reaches into Go's runtime, which Go refuses since 1.23.
      linkerFlags: ["-checklinkname=0"],
      packages: { "github.com/ethereum/go-ethereum/cmd/geth": "geth" },
      sums: { "1.12.22": "h1:xLL8MXGYuIyLvie7AGcWFA2tzW1AyKmT4OEEZ1LTJA8=" },
    }),
  }),
  networks: {
    mainnet: {
      kind: "main",
      ports: executionPorts,
      ...work,
      data,
      memoryMiB: 14_336,
      instanceType: "m7i.xlarge",
      tips: [blockbook("etc1.trezor.io")],
      // In August 2020 attackers replaced more than 7,000 blocks.
      settledDepth: 10_000,
    },
    mordor: testNetwork({ ports: executionPorts, ...work, data }),
    dev: evmDevNetwork,
  },
  snapshot: noSnapshot(["mainnet", "mordor", "dev"], "upstream publishes none; the client syncs a recent state by itself"),
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
