import { cometbft, defineCoin, finalSlots, genesisAt, kvstoreChain, kvstoreNetwork, oneClient, pending } from "@coinfleet/sdk";
import { pendingDigests, stateSync, tendermint, tendermintTip, testNetwork, unmeasured } from "@coinfleet/sdk";

export default defineCoin({
  id: "cosmos",
  name: "Cosmos Hub",
  symbol: "ATOM",
  ...tendermint({
    daemon: "gaiad",
    minimumGasPrices: "0.005uatom", // chain-registry, fixed_min_gas_price (2026-08)
    chains: {
      mainnet: { chainId: "cosmoshub-4", seeds: ["ade4d8bc8cbe014af6ebdf3cb7b1e9ad36f412c0@seeds.polkachu.com:14956"] },
      provider: {
        chainId: "provider",
        seeds: ["08ec17e86dac67b9da70deb20177655495a55407@provider-seed-01.ics-testnet.polypore.xyz:26656"],
      },
      kvstore: kvstoreChain,
    },
  }),
  clients: {
    ...oneClient("gaiad", {
      upstream: {
        kind: "signedArchive",
        // What the chain runs (chain-registry, 2026-08): 28.0.0 is for a later height.
        version: "27.6.0",
        url: { x86_64: "https://github.com/cosmos/gaia/releases/download/v{version}/gaiad-v{version}-linux-amd64" },
        sha256: {
          "27.6.0": pendingDigests("no record names it, and upstream's SHA256SUMS may not list the Linux binary (2026-08)"),
        },
        signature: { kind: "none", reason: "upstream signs its git tags, not its binaries" },
        binaries: { gaiad: "gaiad-v{version}-linux-amd64" },
      },
    }),
    ...cometbft["0.38"],
  },
  networks: {
    mainnet: {
      kind: "main",
      ...finalSlots(5), // The SDK's own timeout_commit, a lower bound: nobody publishes the mean
      data: {
        sizeGiB: 1000,
        growthGiBPerYear: pending("no source"),
        source: "cosmos/gaia v28.0.0 docs/hub-tutorials/join-mainnet.md (undated), default pruning",
      },
      memoryMiB: 30_720, // Upstream asks for 32 GB while an upgrade runs.
      instanceType: "r7i.xlarge",
      tips: [tendermintTip("cosmos-rpc.polkachu.com"), tendermintTip("rpc.cosmoshub-main.ccvalidators.com")],
      assets: genesisAt("https://github.com/cosmos/mainnet/raw/master/genesis/genesis.cosmoshub-4.json.gz"),
    },
    provider: testNetwork({
      ...finalSlots(5),
      data: unmeasured("no source says how large it is: measure"),
      memoryMiB: 7168,
      instanceType: "m7i.large",
      assets: genesisAt("https://raw.githubusercontent.com/cosmos/testnets/master/interchain-security/provider/provider-genesis.json"),
    }),
    kvstore: kvstoreNetwork,
  },
  snapshot: { mainnet: stateSync, provider: stateSync, kvstore: { kind: "none", reason: "a private network starts empty" } },
  upgrades: [
    {
      name: "v22",
      network: "mainnet",
      release: "22.0.0",
      at: { height: 24_181_000 },
      source: "chain-registry cosmoshub/versions.json; later heights are not on record",
    },
  ],
});
