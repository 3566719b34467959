import { defineCoin, internalPort, networkPort, noSnapshot, numberHeight, oneClient, openRpc, peerPort } from "@coinfleet/sdk";
import { pending, privateNetwork, readAnswer, requireNetwork, rfc3339Seconds, rpcAt, testNetwork } from "@coinfleet/sdk";
import type { Daemon, DaemonContext, NodeClient, SyncContext, SyncStatus } from "@coinfleet/sdk";
import { z } from "zod";

const options = z.strictObject({
  bootNodes: z
    .array(z.string().regex(/^ed25519:[1-9A-HJ-NP-Za-km-z]{40,50}@[^\s,@]+:\d+$/))
    .default([])
    .describe(
      "First peers, `<public key>@<host>:<port>`, from `network_info` of a node that is trusted. With some, an empty node syncs by epochs; upstream ended its free archives in 2025. Default: those of upstream's configuration.",
    )
    .meta({ examples: [["ed25519:86EtEy7epneKyrcJwSWP7zsisTkfDRH5CFVszt4qiQYw@192.0.2.1:24567"]] }),
});

type Options = z.infer<typeof options>;

function daemons({ networkName, network, options: { bootNodes }, dataPath, memoryMiB }: DaemonContext<Options>): readonly Daemon[] {
  const neard = ["neard", `--home=${dataPath}`];
  // Upstream's own configuration of an RPC node, which follows every shard.
  const fetched = network.kind === "private" ? [] : ["--download-genesis", "--download-config=rpc"];
  const listen = [`--rpc-addr=0.0.0.0:${networkPort(network, "rpc")}`, `--network-addr=0.0.0.0:${networkPort(network, "p2p")}`];
  return [
    {
      name: "neard",
      client: "neard",
      command: [...neard, "run", ...listen, ...(bootNodes.length === 0 ? [] : [`--boot-nodes=${bootNodes.join(",")}`])],
      firstStart: { creates: "genesis.json", commands: [[...neard, "init", `--chain-id=${networkName}`, ...fetched]] },
      ports: ["p2p", "rpc"],
      memoryMiB,
      stopTimeoutSec: 300,
    },
  ];
}

const call = async <T>(node: NodeClient, shape: z.ZodType<T>, method: string, params: unknown = []): Promise<T> => {
  const given = z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]).parse(params);
  return readAnswer(shape, await rpcAt(node, { port: "rpc", path: "/", method, params: given }), method);
};

/** A block's hash in base 58. */
const hash = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/);

const status = z.object({
  chain_id: z.string(),
  sync_info: z.object({
    syncing: z.boolean(),
    latest_block_height: numberHeight,
    latest_block_hash: hash,
    latest_block_time: rfc3339Seconds,
  }),
});

async function syncCheck(node: NodeClient, { networkName }: SyncContext<Options>): Promise<SyncStatus> {
  const { chain_id: chainId, sync_info: sync } = await call(node, status, "status");
  requireNetwork("chain id", chainId, networkName);
  const { num_active_peers: peers } = await call(node, z.object({ num_active_peers: numberHeight }), "network_info");
  const height = sync.latest_block_height;
  const tip = { height, tipHash: sync.latest_block_hash, tipTimeSec: sync.latest_block_time, knownHeight: height };
  return { ...tip, peers, isInitialSync: sync.syncing };
}

async function blockHash(node: NodeClient, height: number): Promise<string> {
  return (await call(node, z.object({ header: z.object({ hash }) }), "block", { block_id: height })).header.hash;
}

const ports = { p2p: peerPort(24_567), rpc: internalPort(3030, "JSON-RPC, metrics at /metrics") };
// "Around 1 s" says docs.near.org's exchange integration. Heights may be left out.
const slots = { ports, blockIntervalSec: 1, blockArrival: "slots", minimumTips: 2, settledDepth: 10 } as const;
const reference = { url: "https://rpc.mainnet.near.org", height: "result.sync_info.latest_block_height" };

export default defineCoin({
  id: "near",
  name: "NEAR Protocol",
  symbol: "NEAR",
  family: "near",
  clients: oneClient("neard", {
    upstream: {
      ...{
        kind: "ociImage",
        version: "2.13.4",
        repository: "docker.io/nearprotocol/nearcore",
        binaries: { neard: "/usr/local/bin/neard" },
      },
      digests: { "2.13.4": pending("upstream signs nothing, and no record of its own names the image's digest (2026-11)") },
    },
  }),
  networks: {
    mainnet: {
      ...{ kind: "main", ...slots, memoryMiB: 30_720, instanceType: "m5a.2xlarge", volume: { iops: 10_000, throughputMiBPerSec: 500 } },
      data: {
        sizeGiB: 2500,
        growthGiBPerYear: pending("no source"),
        source: "near/node-docs hardware-rpc.md (2026-03): the least, 4 TB recommended",
      },
      tips: [{ name: "rpc.mainnet.near.org", ...reference, body: { jsonrpc: "2.0", id: 0, method: "status", params: [] } }],
    },
    testnet: testNetwork({
      ...slots,
      memoryMiB: 30_720,
      instanceType: "m5a.2xlarge",
    }),
    localnet: privateNetwork({ ports, blockIntervalSec: 1, blockArrival: "slots", memoryMiB: 4096, minimumTips: 0, maximumNodes: 1 }),
  },
  options,
  ...openRpc,
  daemons,
  syncCheck,
  blockHash,
  produceBlock: { unsupported: "its only validator makes blocks by itself" },
  snapshot: noSnapshot(["mainnet", "testnet", "localnet"], "upstream's ended in 2025: the client syncs by epochs from `bootNodes`"),
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
