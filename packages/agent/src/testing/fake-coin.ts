import type { Coin, Network } from "@coinfleet/sdk";
import { z } from "zod";

const network: Network = {
  kind: "private",
  ports: {
    p2p: { port: 1, protocol: "tcp", exposure: "public", description: "peers" },
    rpc: { port: 2, protocol: "tcp", exposure: "internal", description: "RPC" },
  },
  blockIntervalSec: 10,
  blockArrival: "work",
  data: { sizeGiB: 1, growthGiBPerYear: 0, source: "test" },
  memoryMiB: 64,
  instanceType: "t3.large",
  tips: [],
  minimumTips: 0,
  settledDepth: 2,
};

const status = z.object({
  height: z.number(),
  tipHash: z.string(),
  tipTimeSec: z.number(),
  knownHeight: z.number(),
  peers: z.number(),
  isInitialSync: z.boolean(),
});

/** A coin whose daemon says its sync status as it is. */
const fakeCoin: Coin = {
  id: "fake",
  name: "Fake",
  symbol: "FAKE",
  family: "test",
  clients: {},
  networks: { regtest: network },
  options: z.object({}),
  secrets: [],
  access: [],
  daemons: () => [],
  syncCheck: async (node) => status.parse(await node.jsonRpc("rpc", "status")),
  blockHash: async (node, height) => z.string().parse(await node.jsonRpc("rpc", "hash", [height])),
  produceBlock: async (node) => {
    await node.jsonRpc("rpc", "mine");
  },
  snapshot: { regtest: { kind: "none", reason: "test" } },
  keys: "none",
  databaseSurvivesDowngrade: true,
  upgrades: [],
};

// eslint-disable-next-line no-restricted-syntax -- it stands for a coin, and that is how the agent finds one
export default fakeCoin;
