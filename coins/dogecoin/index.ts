import { archives, bitcoinPorts, bitcoinRpc, blockbook, blockchair, defineCoin, mainNetwork, noSnapshot } from "@coinfleet/sdk";
import { oneClient, privateNetwork, signedArchive, testNetwork, unmeasured } from "@coinfleet/sdk";

const work = {
  blockIntervalSec: 60,
  blockArrival: "work",
  data: unmeasured("the only figure is a bootstrap of 45 GB from 2021: measure"),
} as const;

export default defineCoin({
  id: "dogecoin",
  name: "Dogecoin",
  symbol: "DOGE",
  ...bitcoinRpc({
    daemon: "dogecoind",
    core: 14,
    chains: {
      mainnet: { chain: "main", genesis: "1a91e3dace36e2be3bf030a65679fe821aa1d6ef92e7c9902eb318182c355691" },
      testnet: { chain: "test", genesis: "bb0a78264637406b6360aad926284d544d7049f45189db5664f3c4d07350559e" },
      regtest: { chain: "regtest", genesis: "3d2160a3b5dc4a9d62e7e66a295f70313ac808440ef7400d6c0772171ce973a5" },
    },
  }),
  clients: oneClient("dogecoind", {
    upstream: signedArchive({
      url: archives("https://github.com/dogecoin/dogecoin/releases/download/v{version}/dogecoin-{version}-{machine}-linux-gnu.tar.gz"),
      sha256: {
        "1.14.9": {
          // Two independent pins agree: trezor/blockbook and btcpayserver/dockerfile-deps.
          x86_64: "4f227117b411a7c98622c970986e27bcfc3f547a72bef65e7d9e82989175d4f8",
          // The project's own build output, dogecoin/dogecoin issue 3729.
          arm64: "6928c895a20d0bcb6d5c7dcec753d35c884a471aaf8ad4242a89a96acb4f2985",
        },
      },
      signature: { kind: "none", reason: "1.14.7 had signed sums (dogecoin/dogecoin issue 3407); for 1.14.9 no signature is evidenced" },
      binaries: { dogecoind: "dogecoin-{version}/bin/dogecoind" },
    }),
  }),
  networks: {
    mainnet: mainNetwork({ ...work, ports: bitcoinPorts(22556, 22555), tips: [blockchair("dogecoin"), blockbook("doge1.trezor.io")] }),
    testnet: testNetwork({ ...work, ports: bitcoinPorts(44556, 44555) }),
    regtest: privateNetwork({ ports: bitcoinPorts(18444, 18332), memoryMiB: 512 }),
  },
  snapshot: noSnapshot(["mainnet", "testnet", "regtest"], "upstream publishes none"),
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
