import { archives, cometbft, defineCoin, finalSlots, genesisAt, kvstoreChain, kvstoreNetwork, oneClient, pending } from "@coinfleet/sdk";
import { pendingDigests, stateSync, tendermint, testNetwork, unmeasured } from "@coinfleet/sdk";

export default defineCoin({
  id: "iris",
  name: "IRISnet",
  symbol: "IRIS",
  ...tendermint({
    daemon: "iris",
    minimumGasPrices: "0.2uiris", // chain-registry, low_gas_price (2026-08)
    chains: {
      mainnet: { chainId: "irishub-1", seeds: ["6a6de770deaa4b8c061dffd82e9c7f4d40c2165d@seed-1.mainnet.irisnet.org:26656"] },
      nyancat: { chainId: "nyancat-9" },
      kvstore: kvstoreChain,
    },
  }),
  clients: {
    ...oneClient("iris", {
      upstream: {
        kind: "signedArchive",
        // The newest tag (2026-01): chain-registry and upstream's own table are stale.
        version: "4.0.3",
        url: archives("https://github.com/irisnet/irishub/releases/download/v{version}/iris-linux-{goarch}"),
        sha256: {
          "4.0.3": pendingDigests("upstream publishes no checksum: build from the tag, or compare two downloads (2026-01)"),
        },
        signature: { kind: "none", reason: "upstream publishes neither checksum nor signature" },
        binaries: { iris: "iris-linux-{goarch}" },
      },
    }),
    ...cometbft["0.38"],
  },
  networks: {
    mainnet: {
      kind: "main",
      ...finalSlots(5), // irisnet/mainnet config.toml
      data: { sizeGiB: 256, growthGiBPerYear: pending("no source"), source: "irisnet/irishub docs/daemon/intro.md (undated), the minimum" },
      memoryMiB: 6144,
      instanceType: "m7i.large",
      tips: [],
      assets: genesisAt("https://raw.githubusercontent.com/irisnet/mainnet/master/config/genesis.json"),
    },
    nyancat: testNetwork({
      ...finalSlots(5),
      data: unmeasured("no source says how large it is: measure"),
      memoryMiB: 7168,
      instanceType: "m7i.large",
      assets: genesisAt("https://raw.githubusercontent.com/irisnet/testnets/master/nyancat/config/genesis.json"),
    }),
    kvstore: kvstoreNetwork,
  },
  snapshot: { mainnet: stateSync, nyancat: stateSync, kvstore: { kind: "none", reason: "a private network starts empty" } },
  upgrades: [],
});
