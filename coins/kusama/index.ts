import { defineCoin, parachainPorts, substrate, substrateClients, substratePorts, unmeasured, type Network } from "@coinfleet/sdk";

const main = (ports: Network["ports"], memoryMiB: number, instanceType: string): Network => ({
  kind: "main",
  ports,
  blockIntervalSec: 6, // 6.38 s over 90 s on 2026-09-26
  blockArrival: "slots",
  data: unmeasured("no source says how large it is: measure"),
  memoryMiB,
  instanceType,
  tips: [],
  minimumTips: 2,
  settledDepth: 32,
});
const warp = { kind: "client", how: "warp sync, as upstream's other relay chain" } as const;

export default defineCoin({
  id: "kusama",
  name: "Kusama",
  symbol: "KSM",
  ...substrate({
    // Since 2025-10-07 balances, staking and governance are here; the relay chain alone answers with zero balances.
    "asset-hub": {
      client: "polkadot-parachain",
      chain: "asset-hub-kusama",
      relay: "kusama",
      genesis: "0x48239ef607d7928874027a43a67689209727dfb3d3dc5e5b03a39bdc2eda771a",
    },
    mainnet: { client: "polkadot", chain: "kusama", genesis: "0xb0a8d493285c2df73290dfb7e61f870f17b41801197a149ca93654499ea3dafe" },
  }),
  clients: substrateClients({
    version: "stable2603-1",
    sha256: { "stable2603-1": {} },
    from: "https://github.com/paritytech/polkadot-sdk/releases/download/polkadot-{version}",
    clients: { "polkadot-parachain": [], polkadot: ["polkadot-prepare-worker", "polkadot-execute-worker"] },
    signer: { name: "ParityReleases", fingerprint: "90BD75EBBB8E95CB3DA6078F94A4029AB4B35DAE" },
  }),
  networks: {
    "asset-hub": main(parachainPorts, 61_440, "r7i.2xlarge"),
    mainnet: main(substratePorts, 28_672, "m7i.2xlarge"),
  },
  snapshot: { "asset-hub": warp, mainnet: warp },
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
