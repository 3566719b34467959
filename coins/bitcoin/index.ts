import { archives, bitcoinPorts, bitcoinRpc, blockbook, blockchair, defineCoin, mainNetwork, noSnapshot } from "@coinfleet/sdk";
import { oneClient, pendingDigests, privateNetwork, testNetwork } from "@coinfleet/sdk";

const work = { blockIntervalSec: 600, blockArrival: "work" } as const;
const releases = "https://bitcoincore.org/bin/bitcoin-core-{version}";

export default defineCoin({
  id: "bitcoin",
  name: "Bitcoin",
  symbol: "BTC",
  ...bitcoinRpc({
    daemon: "bitcoind",
    chains: {
      mainnet: {
        chain: "main",
        genesis: "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
        split: { height: 506_067, hash: "0000000000000000005214481d2d96f898e3d5416e43359c145944a909d242e0" }, // defaultAssumeValid of Core 0.16.0
      },
      testnet4: { chain: "testnet4", genesis: "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043" },
      signet: { chain: "signet", genesis: "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6" },
      regtest: { chain: "regtest", genesis: "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206" },
    },
  }),
  clients: oneClient("bitcoind", {
    upstream: {
      kind: "signedArchive",
      version: "31.1",
      url: archives(`${releases}/bitcoin-{version}-{machine}-linux-gnu.tar.gz`),
      sha256: {
        "32.1": pendingDigests("its release page is known, its signed sums have not been seen (2026-11)"),
        // From bitcoin-core/guix.sigs, where 15 builders agree; signatures checked.
        "31.1": {
          x86_64: "b80d9c3e04da78fb6f0569685673418cf686fadba9042d926d13fb87ff503f9e",
          arm64: "dcf1873f2208ba4f962f3398d47e154c39c0084be8f4553e05c940d0ace3d004",
        },
      },
      // Which of its builders sign differs from release to release.
      signature: {
        kind: "sums",
        sums: `${releases}/SHA256SUMS`,
        signature: `${releases}/SHA256SUMS.asc`,
        signers: [
          { name: "fanquake", fingerprint: "E777299FC265DD04793070EB944D35F9AC3DB76A" },
          { name: "achow101", fingerprint: "152812300785C96444D3334D17565732E08E5E41" },
          { name: "hebasto", fingerprint: "D1DBF2C4B96F2DEBF4C16654410108112E7EA81F" },
          { name: "guggero", fingerprint: "F4FC70F07310028424EFC20A8E4256593F177720" },
        ],
        threshold: 3,
      },
      binaries: { bitcoind: "bitcoin-{version}/bin/bitcoind" },
    },
  }),
  networks: {
    mainnet: mainNetwork({
      ...work,
      ports: bitcoinPorts(8333, 8332),
      data: { sizeGiB: 650, growthGiBPerYear: 80, source: "AWS node runners' README (2026-08), with txindex" },
      volume: { iops: 6000, throughputMiBPerSec: 400 },
      memoryMiB: 14_336,
      instanceType: "r7i.large",
      tips: [blockchair("bitcoin"), blockbook("btc1.trezor.io")],
    }),
    testnet4: testNetwork({ ...work, ports: bitcoinPorts(48333, 48332) }),
    signet: testNetwork({ ...work, ports: bitcoinPorts(38333, 38332) }),
    regtest: privateNetwork({ ports: bitcoinPorts(18444, 18443), memoryMiB: 512 }),
  },
  snapshot: noSnapshot(["mainnet", "testnet4", "signet", "regtest"], "loadtxoutset has no official file: first node from genesis"),
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
