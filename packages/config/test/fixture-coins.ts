import { defineCoin, type CoinRegistry, type Network } from "@coinfleet/sdk";
import { z } from "zod";

const network: Network = {
  kind: "main",
  ports: {
    p2p: { port: 9333, protocol: "tcp", exposure: "public", description: "peers" },
    rpc: { port: 9332, protocol: "tcp", exposure: "internal", description: "JSON-RPC" },
  },
  blockIntervalSec: 150,
  blockArrival: "work",
  data: { sizeGiB: 100, growthGiBPerYear: 20, source: "invented" },
  memoryMiB: 4096,
  instanceType: "m6i.large",
  tips: [
    { name: "one", url: "https://one.example/tip", height: "height" },
    { name: "two", url: "https://two.example/tip", height: "" },
  ],
  minimumTips: 2,
  settledDepth: 6,
};

const acorn = defineCoin({
  id: "acorn",
  name: "Acorn",
  symbol: "ACN",
  family: "none",
  clients: {
    acornd: {
      sources: {
        upstream: {
          kind: "signedArchive",
          version: "2.1.0",
          url: { x86_64: "https://acorn.example/{version}/linux.tar.gz" },
          sha256: { "2.1.0": { x86_64: "0".repeat(64) }, "2.0.0": { x86_64: "1".repeat(64) } },
          signature: { kind: "none", reason: "invented" },
          binaries: { acornd: "bin/acornd" },
        },
        debian: {
          kind: "debianPackage",
          version: "2.0.0",
          package: "acorn",
          pins: { "2.0.0": "2.0.0-1" },
          binaries: { acornd: "/usr/bin/acornd" },
        },
      },
    },
  },
  networks: {
    mainnet: network,
    testnet: { ...network, kind: "test" },
    regtest: { ...network, kind: "private", tips: [], minimumTips: 1, data: { sizeGiB: 1, growthGiBPerYear: 0, source: "invented" } },
  },
  options: z.strictObject({ txIndex: z.boolean().default(false) }),
  secrets: ["rpc-password"],
  access: [{ port: "rpc", protocol: "http", auth: { user: "acorn", secret: "rpc-password" } }],
  daemons: () => [{ name: "acornd", client: "acornd", command: ["acornd"], ports: ["p2p", "rpc"], memoryMiB: 2048, stopTimeoutSec: 60 }],
  syncCheck: () => Promise.reject(new Error("not asked here")),
  blockHash: () => Promise.reject(new Error("not asked here")),
  produceBlock: async () => {},
  snapshot: {
    mainnet: { kind: "none", reason: "invented" },
    testnet: { kind: "none", reason: "invented" },
    regtest: { kind: "none", reason: "invented" },
  },
  keys: "none",
  databaseSurvivesDowngrade: true,
  upgrades: [],
});

/** A coin that exists nowhere: what a stack file says is judged the same for all. */
export const fixtureCoins: CoinRegistry = { acorn };
