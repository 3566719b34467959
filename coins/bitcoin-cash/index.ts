import { archives, bitcoinPorts, bitcoinRpc, blockbook, blockchair, defineCoin, mainNetwork, noSnapshot, oneClient } from "@coinfleet/sdk";
import { pending, privateNetwork, signedArchive, testNetwork } from "@coinfleet/sdk";

const releases = "https://github.com/bitcoin-cash-node/bitcoin-cash-node/releases/download/v{version}";
const work = { blockIntervalSec: 600, blockArrival: "work" } as const;

export default defineCoin({
  id: "bitcoin-cash",
  name: "Bitcoin Cash",
  symbol: "BCH",
  ...bitcoinRpc({
    daemon: "bitcoind",
    core: 19,
    chains: {
      mainnet: {
        chain: "main",
        // Bitcoin's own first block: only the split tells them apart.
        genesis: "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
        split: { height: 478_559, hash: "000000000000000000651ef99cb9fcbe0dadde1d424bd9f15ff20136191a5eec" },
      },
      testnet4: { chain: "test4", genesis: "000000001dd410c49a788668ce26751718cc797474d3152a5fc073dd44fd9f7b" },
      regtest: { chain: "regtest" },
    },
  }),
  clients: oneClient("bitcoind", {
    upstream: signedArchive({
      url: archives(`${releases}/bitcoin-cash-node-{version}-{machine}-linux-gnu.tar.gz`),
      sha256: {
        "29.0.0": {
          x86_64: "6125d1cbecc1db476f2b6b7b91da5acde92d2311b8e738124e3db64ca84b33e1", // trezor/blockbook
          arm64: pending("nobody names its digest (2026-11)"),
        },
      },
      signature: { kind: "none", reason: "signed hashes are announced in a repository of the project whose address is not evidenced" },
      binaries: { bitcoind: "bitcoin-cash-node-{version}/bin/bitcoind" },
    }),
  }),
  networks: {
    mainnet: mainNetwork({
      ...work,
      ports: bitcoinPorts(8333, 8332),
      data: { sizeGiB: 250, growthGiBPerYear: pending("no source"), source: "src/chainparams.cpp of 28.0.1: 207 GB measured, rounded up" },
      tips: [blockchair("bitcoin-cash"), blockbook("bch1.trezor.io")],
    }),
    testnet4: testNetwork({ ...work, ports: bitcoinPorts(28333, 28332, 28334) }),
    regtest: privateNetwork({ ports: bitcoinPorts(18444, 18443), memoryMiB: 512 }),
  },
  snapshot: noSnapshot(["mainnet", "testnet4", "regtest"], "upstream publishes none"),
  databaseSurvivesDowngrade: false,
  upgrades: [
    { name: "upgrade of May 2026", network: "mainnet", release: "29.0.0", at: { date: "2026-05-15" }, source: "release notes of 29.0.0" },
  ],
});
