import { assetPath, defineCoin, finalSlots, internalPort, noSnapshot, oneClient, peerPort, pending, pendingDigests } from "@coinfleet/sdk";
import { ProbeError, readAnswer, readMetric, requireNetwork, rpcAt, signedArchive, testNetwork, textHeight } from "@coinfleet/sdk";
import type { Asset, Daemon, DaemonContext, NodeClient, SyncContext, SyncStatus } from "@coinfleet/sdk";
import { z } from "zod";

const options = z.strictObject({
  epochsToRetain: z.int().min(1).default(2).describe("Epochs (days) of transactions to keep."),
});

type Options = z.infer<typeof options>;

/** The chain identifier: first bytes of the first checkpoint's digest. */
const chainIds: Readonly<Record<string, string>> = { mainnet: "6364aad5", testnet: "2304aa97" };

/** Ids of `access-<N>.r.<network>.iota.cafe`. */
const seedPeers: Readonly<Record<string, readonly string[]>> = {
  mainnet: [
    "66b55de43e925417761f3c66cd734451b5876e1496b961052095bdd8a7732189",
    "7f8dc46616df5b5640ffd118c6ef640b3f7f5cae8a2bedfa700769e12150a197",
  ],
  testnet: [
    "46064108d0b689ed89d1f44153e532bb101ce8f8ca3a3d01ab991d4dea122cfc",
    "8ffd25fa4e86c30c3f8da7092695e8a103462d7a213b815d77d6da7f0a2a52f5",
  ],
};

const ports = {
  rpc: internalPort(9000, "JSON-RPC and WebSocket"),
  p2p: peerPort(8084, "state sync", "udp"),
  metrics: internalPort(9184, "metrics"),
};

function daemons(ctx: DaemonContext<Options>): readonly Daemon[] {
  const { networkName, network, dataPath, filesPath } = ctx;
  const migration = network.assets?.["migration.blob"] === undefined ? {} : { "migration-tx-data-path": assetPath("migration.blob") };
  const seeds = (seedPeers[networkName] ?? []).map((id, index) => [`/dns/access-${index}.r.${networkName}.iota.cafe/udp/8084`, id]);
  const bucket = {
    "object-store": "S3",
    "aws-endpoint": `https://archive.${networkName}.iota.cafe`,
    "aws-virtual-hosted-style-request": true,
  };
  const settings = {
    "db-path": `${dataPath}/db`,
    genesis: { "genesis-file-location": assetPath("genesis.blob") },
    ...migration,
    "authority-store-pruning-config": { "num-epochs-to-retain": 1, "num-epochs-to-retain-for-checkpoints": ctx.options.epochsToRetain },
    "json-rpc-address": "0.0.0.0:9000",
    "metrics-address": "0.0.0.0:9184",
    "p2p-config": { "listen-address": "0.0.0.0:8084", "seed-peers": seeds.map(([address, id]) => ({ address, "peer-id": id })) },
    "state-archive-read-config": [{ "object-store-config": { ...bucket, "no-sign-request": true }, concurrency: 5 }],
  };
  return [
    {
      name: "iota-node",
      client: "iota-node",
      // The client reads YAML, which JSON is.
      command: ["iota-node", `--config-path=${filesPath}/fullnode.json`],
      environment: { HOME: dataPath },
      files: { "fullnode.json": `${JSON.stringify(settings)}\n` },
      ports: ["rpc", "p2p", "metrics"],
      memoryMiB: ctx.memoryMiB,
      stopTimeoutSec: 300,
    },
  ];
}

const base58 = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/);
const checkpoint = z.object({ digest: base58, sequenceNumber: textHeight, timestampMs: textHeight });

const call = async <T>(node: NodeClient, shape: z.ZodType<T>, method: string, params: readonly unknown[] = []): Promise<T> =>
  readAnswer(shape, await rpcAt(node, { port: "rpc", path: "/", method, params }), method);

async function checkpointAt(node: NodeClient, height: number): Promise<z.infer<typeof checkpoint>> {
  const found = await call(node, checkpoint, "iota_getCheckpoint", [String(height)]);
  if (found.sequenceNumber !== height) throw new ProbeError("malformed", "iota_getCheckpoint: answered for another one than was asked for");
  return found;
}

async function syncCheck(node: NodeClient, { networkName }: SyncContext<Options>): Promise<SyncStatus> {
  const chain = await call(node, z.string(), "iota_getChainIdentifier");
  requireNetwork("chain identifier", chain, chainIds[networkName] ?? "");
  const height = await call(node, textHeight, "iota_getLatestCheckpointSequenceNumber");
  const { digest, timestampMs } = await checkpointAt(node, height);
  const page = await node.text("metrics", "/metrics");
  return {
    height,
    tipHash: digest,
    tipTimeSec: Math.floor(timestampMs / 1000),
    knownHeight: Math.max(height, readMetric(page, "highest_known_checkpoint")),
    peers: readMetric(page, "iota_network_peers"),
    // The client has no word for it: a node that catches up is told by what its peers know, and by its tip's age.
    isInitialSync: false,
  };
}

const blob = (network: string, name: string): Readonly<Record<string, Asset>> => ({
  [name]: { url: `https://dbfiles.${network}.iota.cafe/${name}`, sha256: pending("no record names its digest (2026-11)") },
});

// Nobody publishes the mean; upstream's example is of checkpoints that are some 200 ms old.
const common = { ...finalSlots(0.5), ports, memoryMiB: 61_440, instanceType: "r7i.2xlarge" };

const releases = "https://github.com/iotaledger/iota/releases/download/v{version}";

export default defineCoin({
  id: "iota",
  name: "IOTA",
  symbol: "IOTA",
  family: "iota",
  clients: oneClient("iota-node", {
    upstream: signedArchive({
      url: { x86_64: `${releases}/iota-v{version}-linux-x86_64.tgz`, arm64: `${releases}/iota-v{version}-linux-arm64.tgz` },
      sha256: {
        // From upstream's own Homebrew formula.
        "1.28.3": { ...pendingDigests("no record names it"), x86_64: "091887df12a6c999d154bf2df8ccafe3481d7ac7c1b48d82da6aff6bdd56bad1" },
      },
      signature: { kind: "none", reason: "upstream publishes no signature; its Homebrew formula names the digest" },
      binaries: { "iota-node": "iota-node" },
    }),
  }),
  networks: {
    mainnet: {
      kind: "main",
      ...common,
      data: { sizeGiB: 512, growthGiBPerYear: pending("no source"), source: "iotaledger/iota fullnode-requirements (2026), with pruning" },
      tips: [],
      assets: { ...blob("mainnet", "genesis.blob"), ...blob("mainnet", "migration.blob") },
    },
    testnet: testNetwork({ ...common, assets: blob("testnet", "genesis.blob") }),
  },
  options,
  secrets: [],
  access: ["rpc", "metrics"].map((port) => ({ port, protocol: "http" })),
  daemons,
  syncCheck,
  blockHash: async (node, height) => (await checkpointAt(node, height)).digest,
  produceBlock: { unsupported: "no private network is declared: the client's own makes another chain on each start" },
  snapshot: noSnapshot(["mainnet", "testnet"], "formal snapshots need another tool, iota-tool, before the first start"),
  keys: "none",
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
