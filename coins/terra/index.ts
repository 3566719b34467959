import { cometbft, defineCoin, finalSlots, genesisAt, kvstoreChain, kvstoreNetwork, pending } from "@coinfleet/sdk";
import { stateSync, tendermint, tendermintTip, terrad, testNetwork, unmeasured } from "@coinfleet/sdk";

export default defineCoin({
  id: "terra",
  name: "Terra",
  symbol: "LUNA",
  ...tendermint({
    daemon: "terrad",
    minimumGasPrices: "0.015uluna", // chain-registry, fixed_min_gas_price (2026-08)
    chains: {
      mainnet: { chainId: "phoenix-1", seeds: ["20e1000e88125698264454a884812746c2eb4807@seeds.lavenderfive.com:11756"] },
      pisco: { chainId: "pisco-1", seeds: ["ade4d8bc8cbe014af6ebdf3cb7b1e9ad36f412c0@testnet-seeds.polkachu.com:11756"] },
      kvstore: kvstoreChain,
    },
  }),
  clients: { ...terrad("phoenix-directive/core", "2.16.0"), ...cometbft["0.37"] },
  networks: {
    mainnet: {
      kind: "main",
      ...finalSlots(5), // The SDK's own timeout_commit, a lower bound: nobody publishes the mean
      data: { sizeGiB: 2000, growthGiBPerYear: pending("no source"), source: "terra-money/docs system-config.mdx (2024-04), the minimum" },
      memoryMiB: 30_720,
      instanceType: "r7i.xlarge",
      tips: [tendermintTip("terra-rpc.polkachu.com"), tendermintTip("terra-rpc.publicnode.com")],
      assets: genesisAt("https://tfl-phoenix-1.s3.amazonaws.com/genesis.json"),
    },
    pisco: testNetwork({
      ...finalSlots(5),
      data: unmeasured("no source says how large it is: measure"),
      memoryMiB: 7168,
      instanceType: "m7i.large",
      assets: genesisAt("https://tfl-pisco-1.s3.amazonaws.com/genesis.json"),
    }),
    kvstore: kvstoreNetwork,
  },
  snapshot: { mainnet: stateSync, pisco: stateSync, kvstore: { kind: "none", reason: "a private network starts empty" } },
  upgrades: [
    { name: "v2.16", network: "mainnet", release: "2.16.0", at: { height: 14_958_500 }, source: "chain-registry terra2, proposal 4835" },
  ],
});
