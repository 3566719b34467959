import { archives, cometbft, defineCoin, finalSlots, genesisAt, kvstoreChain, kvstoreNetwork, oneClient, pending } from "@coinfleet/sdk";
import { pendingDigests, stateSync, tendermint, tendermintTip, testNetwork, unmeasured } from "@coinfleet/sdk";

export default defineCoin({
  id: "osmosis",
  name: "Osmosis",
  symbol: "OSMO",
  ...tendermint({
    daemon: "osmosisd",
    minimumGasPrices: "0.0025uosmo", // chain-registry, low_gas_price of the test network
    // Otherwise the client rewrites config.toml at each start.
    flags: ["--reject-config-defaults"],
    chains: {
      mainnet: { chainId: "osmosis-1", seeds: ["ade4d8bc8cbe014af6ebdf3cb7b1e9ad36f412c0@seeds.polkachu.com:12556"] },
      testnet5: { chainId: "osmo-test-5", seeds: ["bb197876fd952d245ef6377e3651c157e3d7ed81@157.245.26.231:26656"] },
      kvstore: kvstoreChain,
    },
  }),
  clients: {
    ...oneClient("osmosisd", {
      upstream: {
        kind: "signedArchive",
        // The registry's recommendation, and the newest whose digests upstream states on record.
        version: "31.0.0",
        url: archives("https://github.com/osmosis-labs/osmosis/releases/download/v{version}/osmosisd-{version}-linux-{goarch}"),
        sha256: {
          "31.0.2": pendingDigests("the newest tag (2026-04); no record names its digests"),
          // From upstream's networks/osmosis-1/upgrades/v31/mainnet/v31_binaries.json.
          "31.0.0": {
            x86_64: "d435408b845e79a2594594a315d9d22797fdbb7871a5936df68f51f0df557957",
            arm64: "b5c44e74c4dc484f8492d10a24fcd3f75a43dccaa40ab083662741beeeaa20cc",
          },
        },
        signature: { kind: "none", reason: "upstream publishes sha256sum.txt without a signature" },
        binaries: { osmosisd: "osmosisd-{version}-linux-{goarch}" },
      },
    }),
    ...cometbft["0.38"],
  },
  networks: {
    mainnet: {
      kind: "main",
      ...finalSlots(1), // timeout_commit is 400 ms, rounded up: nobody publishes the mean
      data: { sizeGiB: 1000, growthGiBPerYear: pending("no source"), source: "osmosis-labs/docs osmosisd.md (2026-08), the minimum" },
      memoryMiB: 30_720,
      instanceType: "r7i.xlarge",
      tips: ["rpc.osmosis.zone", "osmosis-rpc.polkachu.com", "osmosis-rpc.publicnode.com"].map(tendermintTip),
      assets: genesisAt("https://github.com/osmosis-labs/networks/raw/main/osmosis-1/genesis.json"),
    },
    testnet5: testNetwork({
      ...finalSlots(1),
      data: unmeasured("no source says how large it is: measure"),
      memoryMiB: 7168,
      instanceType: "m7i.large",
      assets: genesisAt("https://genesis.osmotest5.osmosis.zone/genesis.json"),
    }),
    kvstore: kvstoreNetwork,
  },
  snapshot: { mainnet: stateSync, testnet5: stateSync, kvstore: { kind: "none", reason: "a private network starts empty" } },
  upgrades: [
    { name: "v31", network: "mainnet", release: "31.0.0", at: { height: 47_626_000 }, source: "chain-registry osmosis, proposal 990" },
  ],
});
