import { archives, btcdRpc, defineCoin, noSnapshot } from "@coinfleet/sdk";
import { goModule, oneClient, peersAndRpc, pendingDigests, privateNetwork, signedArchive, testNetwork } from "@coinfleet/sdk";

const work = {
  blockIntervalSec: 300, // chaincfg/mainnetparams.go
  blockArrival: "work",
  data: { sizeGiB: 30, growthGiBPerYear: 2.5, source: "decred/dcrd README.md (2026-01)" },
  tips: [],
  minimumTips: 2,
} as const;

export default defineCoin({
  id: "decred",
  name: "Decred",
  symbol: "DCR",
  ...btcdRpc({
    daemon: "dcrd",
    stopTimeoutSec: 300,
    chains: {
      mainnet: { chain: "mainnet", genesis: "298e5cc3d985bfe7f81dc135f360abe089edd4396b86d2de66b0cef42b21d980" },
      testnet3: {
        chain: "testnet3",
        genesis: "a649dce53918caf422e9c711c858837e08d626ecfcd198969b24f7b634a49bac",
        settings: { testnet: "1" },
      },
      simnet: {
        chain: "simnet",
        genesis: "6bef82c645999585f7255cb02672921ac2f5492820090cd635fe3a59d16b4f87",
        settings: { simnet: "1", miningaddr: "SsUMGgvWLcixEeHv3GT4TGYyez4kY79RHth" },
      },
    },
  }),
  clients: oneClient("dcrd", {
    upstream: signedArchive({
      url: archives("https://github.com/decred/decred-binaries/releases/download/v{version}/decred-linux-{goarch}-v{version}.tar.gz"),
      sha256: { "2.1.5": pendingDigests("only the digest of the manifest that names it is known (c1a53406…, decred/decred-release)") },
      signature: {
        kind: "sums",
        sums: "https://github.com/decred/decred-binaries/releases/download/v{version}/decred-v{version}-manifest.txt",
        signature: "https://github.com/decred/decred-binaries/releases/download/v{version}/decred-v{version}-manifest.txt.asc",
        signers: [{ name: "Decred Release", fingerprint: "FD13B6835E248FAF4BD1838D6DF634AA7608AF04" }],
        threshold: 1,
      },
      binaries: { dcrd: "decred-linux-{goarch}-v{version}/dcrd" },
    }),
    go: goModule({
      module: "github.com/decred/dcrd",
      packages: { "github.com/decred/dcrd": "dcrd" },
      sums: { "1.8.0": "h1:aIqX3VnY9CCcOwI5kskGTw+LH5B4Am+6kjfnN/xkyks=" },
    }),
  }),
  networks: {
    mainnet: { kind: "main", ports: peersAndRpc(9108, 9109), ...work, memoryMiB: 4096, instanceType: "m7i.large", settledDepth: 6 },
    testnet3: testNetwork({ ports: peersAndRpc(19108, 19109), ...work }),
    // Nobody buys tickets here, so the client makes no block above 126 (ticket exhaustion): choose `blockEverySec` by how long it must last.
    simnet: privateNetwork({ ports: peersAndRpc(18555, 19556), memoryMiB: 512 }),
  },
  snapshot: noSnapshot(["mainnet", "testnet3", "simnet"], "upstream publishes none; the chain is small"),
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
