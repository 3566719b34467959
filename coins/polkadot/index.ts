import { defineCoin, parachainPorts, pending, privateNetwork, substrate, substrateClients, substratePorts } from "@coinfleet/sdk";
import { testNetwork, type Snapshot } from "@coinfleet/sdk";

const slots = { ports: substratePorts, blockIntervalSec: 6, blockArrival: "slots", tips: [], minimumTips: 2, settledDepth: 32 } as const;
const workers = ["polkadot-prepare-worker", "polkadot-execute-worker"];
const warp: Snapshot = { kind: "client", how: "warp sync: finality proofs, then the state of the latest finalized block" };
const hubSource = "polkadot-developers/polkadot-docs, polkadot-hub-rpc.md (2026-07)";

export default defineCoin({
  id: "polkadot",
  name: "Polkadot",
  symbol: "DOT",
  ...substrate({
    // Balances, staking and governance are on the hub; the relay chain alone answers balance queries with empty accounts.
    "asset-hub": {
      client: "polkadot-parachain",
      chain: "asset-hub-polkadot",
      relay: "polkadot",
      genesis: "0x68d56f15f85d3136970ec16946040bc1752654e906147f7e43e9d539d7c3de2f",
    },
    mainnet: { client: "polkadot", chain: "polkadot", genesis: "0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3" },
    westend: { client: "polkadot", chain: "westend", genesis: "0xe143f23803ac50e8f6f8e62695d1ce9e4e1d68aa36c1cd2cfd15340213f3423e" },
    // Documented for one node; newer releases may drop it (upstream's polkadot/README.md).
    dev: { client: "polkadot", chain: "dev" },
  }),
  clients: substrateClients({
    from: "https://github.com/paritytech/polkadot-sdk/releases/download/polkadot-{version}",
    signer: { name: "ParityReleases", fingerprint: "90BD75EBBB8E95CB3DA6078F94A4029AB4B35DAE" },
    version: "stable2603-1",
    sha256: { "stable2603-1": {} },
    clients: { polkadot: workers, "polkadot-parachain": [] },
    crates: {
      polkadot: {
        kind: "cargoCrates",
        version: "41.0.0", // Calls itself 1.25.1.
        crates: { polkadot: ["polkadot", ...workers] },
        sums: { "41.0.0": { polkadot: "c74954190d5695f62e37def2f39bf5a75725afd4d5b19092ac7905701fe9640d" } },
        compilers: ["libclang-dev", "protobuf-compiler", "cmake", "g++", "make"],
        // The chains' own programs, which it carries, are WebAssembly.
        targets: ["wasm32v1-none"],
      },
    },
  }),
  networks: {
    "asset-hub": {
      kind: "main",
      ...slots,
      ports: parachainPorts,
      data: { sizeGiB: 200, growthGiBPerYear: pending("no source"), source: `${hubSource}: both pruned` },
      memoryMiB: 61_440,
      instanceType: "r7i.2xlarge",
    },
    mainnet: {
      kind: "main",
      ...slots,
      data: { sizeGiB: 822, growthGiBPerYear: pending("no source"), source: `${hubSource}: states pruned, all blocks` },
      memoryMiB: 28_672,
      instanceType: "m7i.2xlarge",
    },
    westend: testNetwork(slots),
    dev: privateNetwork({ ...slots, memoryMiB: 2048, minimumTips: 0, maximumNodes: 1 }),
  },
  snapshot: { "asset-hub": warp, mainnet: warp, westend: warp, dev: { kind: "none", reason: "a private network starts empty" } },
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
