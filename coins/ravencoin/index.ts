import { bitcoinPorts, bitcoinRpc, defineCoin, mainNetwork, noSnapshot, oneClient } from "@coinfleet/sdk";
import { pending, privateNetwork, signedArchive, testNetwork, unmeasured } from "@coinfleet/sdk";

const work = { blockIntervalSec: 60, blockArrival: "work", data: unmeasured("no source says how large it is: measure") } as const;

export default defineCoin({
  id: "ravencoin",
  name: "Ravencoin",
  symbol: "RVN",
  ...bitcoinRpc({
    daemon: "ravend",
    core: 15,
    chains: {
      mainnet: { chain: "main", genesis: "0000006b444bc2f2ffe627be9d9e7e7a0730000870ef6eb6da46c8eae389df90" },
      testnet: { chain: "test", genesis: "000000ecfc5e6324a079542221d00e10362bdc894d56500c414060eea8a3ad5a" },
      regtest: { chain: "regtest", genesis: "0b2c703dc93bb63a36c4e33b85be4855ddbca2ac951a7a0a29b8de0408200a3c" },
    },
  }),
  clients: oneClient("ravend", {
    upstream: signedArchive({
      // Neither the tag nor the archive is named after the version: a new release has a new address.
      url: {
        x86_64: "https://github.com/RavenProject/Ravencoin/releases/download/v4.6.2snapshot/raven-4.7.0-0b91b62a2-x86_64-linux-gnu.tar.gz",
      },
      sha256: { "4.7.0": { x86_64: pending("one third party names its digest (2026-06): compare with the one that GitHub shows") } },
      signature: { kind: "none", reason: "upstream publishes sums now and then and no signatures (RavenProject/Ravencoin issue 874)" },
      binaries: { ravend: "raven-{version}/bin/ravend" },
    }),
  }),
  networks: {
    // No tips: no public explorer's address is evidenced.
    mainnet: mainNetwork({ ...work, ports: bitcoinPorts(8767, 8766), tips: [], settledDepth: 60 }),
    testnet: testNetwork({ ...work, ports: bitcoinPorts(18770, 18766), settledDepth: 60 }),
    regtest: privateNetwork({ ports: bitcoinPorts(18444, 18443), memoryMiB: 512 }),
  },
  snapshot: noSnapshot(["mainnet", "testnet", "regtest"], "upstream publishes none"),
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
