import { cometbft, defineCoin, finalSlots, genesisAt, kvstoreChain, kvstoreNetwork, pending } from "@coinfleet/sdk";
import { stateSync, tendermint, tendermintTip, terrad, testNetwork, unmeasured } from "@coinfleet/sdk";

export default defineCoin({
  id: "terra-classic",
  name: "Terra Classic",
  symbol: "LUNC",
  ...tendermint({
    daemon: "terrad",
    minimumGasPrices: "28.325uluna", // chain-registry, low_gas_price (2026-08)
    chains: {
      mainnet: { chainId: "columbus-5", seeds: ["ebc272824924ea1a27ea3183dd0b9ba713494f83@terraclassic-mainnet-seed.autostake.com:26676"] },
      rebel: { chainId: "rebel-2" },
      kvstore: kvstoreChain,
    },
  }),
  clients: { ...terrad("classic-terra/core", "3.5.0"), ...cometbft["0.37"] },
  networks: {
    mainnet: {
      kind: "main",
      ...finalSlots(5), // The SDK's own timeout_commit, a lower bound: nobody publishes the mean
      data: { sizeGiB: 2000, growthGiBPerYear: pending("no source"), source: "classic-terra/core README.md (2025-03): at least" },
      memoryMiB: 30_720, // No source: what the sister chain asks for.
      instanceType: "r7i.xlarge",
      tips: [tendermintTip("terra-classic-rpc.publicnode.com"), tendermintTip("terraclassic-rpc-server-01.stakely.io")],
      assets: genesisAt("https://snapshots.hexxagon.io/cosmos/terra-classic/columbus-5/genesis.json"),
    },
    rebel: testNetwork({
      ...finalSlots(5),
      data: unmeasured("no source says how large it is: measure"),
      memoryMiB: 7168,
      instanceType: "m7i.large",
      // No source names seeds or the first state: an archive that the stack file names must bring both.
    }),
    kvstore: kvstoreNetwork,
  },
  snapshot: { mainnet: stateSync, rebel: stateSync, kvstore: { kind: "none", reason: "a private network starts empty" } },
  upgrades: [
    { name: "v3.5", network: "mainnet", release: "3.5.0", at: { height: 24_660_000 }, source: "chain-registry terra, proposal 12189" },
  ],
});
