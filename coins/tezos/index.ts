import { defineCoin, httpAt, internalPort, networkPort, noSnapshot, numberHeight, entryOf, oneClient, peerPort } from "@coinfleet/sdk";
import { pending, pendingDigests, ProbeError, readMetric, requireNetwork, signedArchive, testNetwork, unmeasured } from "@coinfleet/sdk";
import type { Daemon, DaemonContext, NodeClient, SyncContext, SyncStatus } from "@coinfleet/sdk";
import { z } from "zod";

const options = z.strictObject({
  archive: z
    .boolean()
    .default(false)
    .describe("Keep the state of every block instead of the last cycles': about ten times the disk, and a sync from genesis."),
  connections: z.int().min(8).max(1000).default(50).describe("Connections that the client aims at."),
});

type Options = z.infer<typeof options>;

// Test networks are known to the client by the address of their description.
const networkNames = { mainnet: "mainnet", shadownet: "https://teztnets.com/shadownet" } as const;
const chainIds = { mainnet: "NetXdQprcVkpaWU", shadownet: "NetXsqzbfFenSTS" } as const;
const ports = { p2p: peerPort(9732), rpc: internalPort(8732, "HTTP API"), metrics: internalPort(9932, "metrics") };
const publicNetwork = { ports, blockIntervalSec: 6, blockArrival: "slots", tips: [], minimumTips: 2, settledDepth: 10 } as const;

function daemons({
  network,
  networkName,
  options: { archive, connections },
  dataPath,
  filesPath,
  memoryMiB,
}: DaemonContext<Options>): readonly Daemon[] {
  const settings = {
    "data-dir": dataPath,
    network: entryOf(networkNames, networkName),
    shell: { history_mode: archive ? "archive" : "rolling" },
  };
  const at = (role: string): string => `0.0.0.0:${networkPort(network, role)}`;
  const addresses = [`--net-addr=${at("p2p")}`, `--rpc-addr=${at("rpc")}`, `--metrics-addr=${at("metrics")}`];
  return [
    {
      name: "octez-node",
      client: "octez-node",
      command: ["octez-node", "run", `--config-file=${filesPath}/config.json`, ...addresses, `--connections=${connections}`],
      files: { "config.json": JSON.stringify(settings) },
      ports: ["p2p", "rpc", "metrics"],
      memoryMiB,
      stopTimeoutSec: 300,
    },
  ];
}

const header = z.object({
  chain_id: z.string(),
  hash: z.string().regex(/^B[1-9A-HJ-NP-Za-km-z]{50}$/),
  level: numberHeight,
  timestamp: z.iso.datetime().transform((text) => Date.parse(text) / 1000),
});
const bootstrapped = z.object({ bootstrapped: z.boolean(), sync_state: z.enum(["synced", "unsynced", "stuck"]) });

async function readHeader(node: NodeClient, block: string, { networkName }: SyncContext<Options>): Promise<z.infer<typeof header>> {
  const path = `/chains/main/blocks/${block}/header`;
  const found = await httpAt(node, "rpc", header, path);
  requireNetwork("chain id", found.chain_id, entryOf(chainIds, networkName));
  return found;
}

async function syncCheck(node: NodeClient, ctx: SyncContext<Options>): Promise<SyncStatus> {
  const { level, hash, timestamp } = await readHeader(node, "head", ctx);
  const state = await httpAt(node, "rpc", bootstrapped, "/chains/main/is_bootstrapped");
  if (state.sync_state === "stuck") throw new ProbeError("rpc-error", "the client sees the chain stand still (sync_state is stuck)");
  const peers = readMetric(await node.text("metrics", "/metrics"), "octez_p2p_connections_active");
  const isInitialSync = !state.bootstrapped || state.sync_state === "unsynced";
  // The client names no height but its own: siblings and references do.
  return { height: level, tipHash: hash, tipTimeSec: timestamp, knownHeight: level, peers, isInitialSync };
}

export default defineCoin({
  id: "tezos",
  name: "Tezos",
  symbol: "XTZ",
  family: "tezos",
  clients: oneClient("octez-node", {
    upstream: signedArchive({
      url: {
        x86_64: "https://octez.tezos.com/releases/octez-v{version}/binaries/x86_64/octez-node",
        arm64: "https://octez.tezos.com/releases/octez-v{version}/binaries/arm64/octez-node",
      },
      sha256: { "25.2": pendingDigests("neither the digests nor the signing key's fingerprint are on record (2026-11)") },
      signature: { kind: "detached", url: "{url}.sig", signers: [], threshold: 1 },
      binaries: { "octez-node": "octez-node" },
    }),
  }),
  networks: {
    mainnet: {
      kind: "main",
      ...publicNetwork,
      data: { sizeGiB: 100, growthGiBPerYear: pending("no source"), source: "octez v25 release notes: minimum, tested in rolling mode" },
      memoryMiB: 14_336,
      instanceType: "m7g.xlarge",
    },
    shadownet: testNetwork({ ...publicNetwork, data: unmeasured("no source says how large it is: measure") }),
  },
  options,
  secrets: [],
  access: ["rpc", "metrics"].map((port) => ({ port, protocol: "http" })),
  daemons,
  syncCheck,
  blockHash: async (node, height, ctx) => (await readHeader(node, String(height), ctx)).hash,
  produceBlock: { unsupported: "blocks are baked by another program of the project's, which this node does not carry" },
  snapshot: noSnapshot(
    ["mainnet", "shadownet"],
    "the public ones have no digest: import one by hand with `--block` and a hash from independent sources",
  ),
  keys: "none",
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
