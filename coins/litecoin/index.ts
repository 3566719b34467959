import {
  archives,
  bitcoinPorts,
  bitcoinRpc,
  blockbook,
  blockchair,
  debianPackage,
  defineCoin,
  mainNetwork,
  noSnapshot,
} from "@coinfleet/sdk";
import { oneClient, pendingDigests, privateNetwork, signedArchive, signedBy, testNetwork, unmeasured } from "@coinfleet/sdk";

const work = {
  blockIntervalSec: 150, // src/chainparams.cpp of 0.21.5.5
  blockArrival: "work",
  data: unmeasured("upstream's only figure, 40 GB in src/chainparams.cpp of 0.21.5.5, is far too low by now: measure"),
} as const;

export default defineCoin({
  id: "litecoin",
  name: "Litecoin",
  symbol: "LTC",
  ...bitcoinRpc({
    daemon: "litecoind",
    chains: {
      mainnet: { chain: "main", genesis: "12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2" },
      testnet4: { chain: "test", genesis: "4966625a4b2851d9fdee139e56211a0d88575f59ed816ff5e6a63deb4e3e29a0" },
      regtest: {
        chain: "regtest",
        genesis: "530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9",
        // MWEB never starts: its blocks need a transaction that the client's own miner does not make (bad-txns-vin-empty).
        settings: { vbparams: "mweb:9999999999:9999999999" },
      },
    },
  }),
  clients: oneClient("litecoind", {
    upstream: signedArchive({
      url: archives("https://download.litecoin.org/litecoin-{version}/linux/litecoin-{version}-{machine}-linux-gnu.tar.gz"),
      sha256: {
        "0.21.5.8": pendingDigests("only third parties name its digests (2026-09)"),
        // From litecoin-project/gitian.sigs.ltc, signature checked.
        "0.21.5.6": {
          x86_64: "3c0a217651a431ef446641669a0b74ce7dbcd9b9ed1a118fc830b8f6779ee83f",
          arm64: "81c3ca2a7fcbccaabaf0a0ea2022f1990787f0cc1937aaad4dcc61d2856799a8",
        },
      },
      signature: signedBy({
        name: "David Burkett",
        fingerprint: "D35621D53A1CC6A3456758D03620E9D387E55666",
        acceptExpired: "the copy in upstream's repository expired on 2022-04-26 and newer releases still carry its signatures",
      }),
      binaries: { litecoind: "litecoin-{version}/bin/litecoind" },
    }),
    // /usr/bin/litecoind is a script that writes to the home directory. It is built without ZMQ.
    debian: debianPackage("litecoind", { "0.21.2.1": "0.21.2.1-1+b1" }, { litecoind: "/usr/lib/litecoin/litecoind" }),
  }),
  networks: {
    mainnet: mainNetwork({ ports: bitcoinPorts(9333, 9332), ...work, tips: [blockchair("litecoin"), blockbook("ltc1.trezor.io")] }),
    testnet4: testNetwork({ ports: bitcoinPorts(19335, 19332), ...work }),
    regtest: privateNetwork({ ports: bitcoinPorts(19444, 19443), memoryMiB: 512 }),
  },
  snapshot: noSnapshot(["mainnet", "testnet4", "regtest"], "upstream publishes none"),
  databaseSurvivesDowngrade: false,
  upgrades: [
    { name: "MWEB rule", network: "mainnet", release: "0.21.5.6", at: { height: 3_154_440 }, source: "litecoin 0.21.5.6 release notes" },
    { name: "MWEB rule 2", network: "mainnet", release: "0.21.5.8", at: { height: 3_172_640 }, source: "btcpayserver-docker PR 1154" },
  ],
});
