import { archives, blockbook, blockchair, defineCoin, mainNetwork, noSnapshot, oneClient } from "@coinfleet/sdk";
import { peersAndRpc, pending, pendingDigests, privateNetwork, signedArchive, testNetwork, zebra } from "@coinfleet/sdk";

const work = { blockIntervalSec: 75, blockArrival: "work" } as const;

export default defineCoin({
  id: "zcash",
  name: "Zcash",
  symbol: "ZEC",
  ...zebra({
    stopTimeoutSec: 300,
    // Of the client's own documentation of private networks.
    miningAddress: "t27eWDgjFYJGVXmzrXeVjnb5J3uXDM9xH9v",
    chains: {
      mainnet: { network: "Mainnet", genesis: "00040fe8ec8471911baa1db1266ea15dd06b4a8a5c453883c000b031973dce08" },
      testnet: { network: "Testnet", genesis: "05a60a92d99d85997cce3b87616c089f6124d7342af37106edc76126334a2c38" },
      regtest: { network: "Regtest", genesis: "029f11d80ef9765602235e1bc9727e3eb6ba20839319f761fee920d63401e327" },
    },
  }),
  clients: oneClient("zebrad", {
    upstream: signedArchive({
      url: archives(
        "https://github.com/ZcashFoundation/zebra/releases/download/v{version}/zebrad-{version}-{machine}-unknown-linux-gnu.tar.gz",
      ),
      sha256: { "7.0.0": pendingDigests("the release is known from the crate registry only: nobody has seen its archives") },
      signature: {
        kind: "none",
        reason: "upstream signs SHA256SUMS with sigstore, which is not checked here yet: compare with `cosign verify-blob` before pinning",
      },
      binaries: { zebrad: "zebrad" },
    }),
    crates: {
      kind: "cargoCrates",
      version: "7.0.0", // 6.4.1 is withdrawn ("yanked") in the registry.
      crates: { zebrad: ["zebrad"] },
      sums: { "7.0.0": { zebrad: "c785ae0797f619e0f0db93942a7729078ddbc2cdb29a48e0e6eb0d1e10739b19" } },
      compilers: ["libclang-dev", "protobuf-compiler", "cmake", "g++", "make"],
    },
  }),
  networks: {
    mainnet: mainNetwork({
      ...work,
      ports: peersAndRpc(8233, 8232),
      data: { sizeGiB: 300, growthGiBPerYear: pending("no source"), source: "zebra's book, requirements (2026-08)" },
      memoryMiB: 14_336,
      instanceType: "m7i.xlarge",
      tips: [blockchair("zcash"), blockbook("zec1.trezor.io")],
      settledDepth: 48,
    }),
    testnet: testNetwork({ ...work, ports: peersAndRpc(18233, 18232) }),
    // There the client takes peers of its own host only, whatever it is told, and makes blocks a second apart from 2011 on: a node answers, and is found stalled.
    regtest: privateNetwork({ ports: peersAndRpc(18344, 18232), memoryMiB: 1024, minimumTips: 0, maximumNodes: 1 }),
  },
  snapshot: noSnapshot(["mainnet", "testnet", "regtest"], "upstream publishes none; the client checks up to its last checkpoint quickly"),
  databaseSurvivesDowngrade: false,
  upgrades: [
    { name: "NU6.3", network: "mainnet", release: "6.0.0", at: { height: 3_428_143, expected: "2026-07-28" }, source: "zebra's CHANGELOG" },
    // Each release stops itself 105 days after the day for which it was made.
    {
      name: "end of 6.3.0",
      network: "mainnet",
      release: "6.4.0",
      at: { height: 3_564_960, expected: "2026-11-23" },
      source: "zebra's CHANGELOG",
    },
  ],
});
