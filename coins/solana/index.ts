import { defineCoin, internalPort, networkPort, numberHeight, entryOf, peerPort, privateNetwork, ProbeError } from "@coinfleet/sdk";
import { readAnswer, readRpc, refuseNetworks, requireNetwork, unixSeconds, unmeasured } from "@coinfleet/sdk";
import type { Daemon, DaemonContext, Network, NodeClient, Port, Snapshot, SyncContext, SyncStatus } from "@coinfleet/sdk";
import { z } from "zod";

// Snapshots are taken of the known validators only.
const clusters = {
  mainnet: {
    genesis: "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d",
    domain: "mainnet-beta.solana.com",
    known: ["7Np41oeYqPefeNQEHSv1UDhYrehxin3NStELsSKCT4K2", "GdnSyH3YtwcxFvQrVVJMm1JhTS4QVX7MFsX56uJLUfiZ"],
  },
  devnet: {
    genesis: "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG",
    domain: "devnet.solana.com",
    known: ["dv1ZAGvdsz5hHLwWXsVnM94hWf1pjbKVau1QVkaMJ92", "dv2eQHeP4RFrJZ6UeiZWoc3XTtmtZCUKxxCApCDcRNV"],
  },
} as const;
/** From 4.1 on the client wants 26 ports in a row for its peers. */
const dynamicPorts = { first: 8004, last: 8030 } as const;

function follow({ networkName, network, dataPath }: DaemonContext<object>): readonly string[] {
  const { genesis, domain, known } = entryOf(clusters, networkName);
  return [
    "agave-validator",
    ...[`--identity=${dataPath}/identity.json`, `--ledger=${dataPath}/ledger`, `--accounts=${dataPath}/accounts`],
    ...["", "2", "3", "4", "5"].map((number) => `--entrypoint=entrypoint${number}.${domain}:8001`),
    ...known.map((validator) => `--known-validator=${validator}`),
    ...["--only-known-rpc", `--expected-genesis-hash=${genesis}`, "--no-voting", "--limit-ledger-size"],
    ...["--full-rpc-api", "--private-rpc", "--enable-rpc-transaction-history", "--rpc-bind-address=0.0.0.0"],
    ...[`--rpc-port=${networkPort(network, "rpc")}`, `--gossip-port=${networkPort(network, "p2p")}`],
    `--dynamic-port-range=${dynamicPorts.first}-${dynamicPorts.last}`,
    ...["--wal-recovery-mode=skip_any_corrupted_record", "--log=-"],
  ];
}

function daemons(ctx: DaemonContext<object>): readonly Daemon[] {
  const { network, dataPath, memoryMiB } = ctx;
  const common = { client: "agave", ports: Object.keys(network.ports), memoryMiB } as const;
  // Its peers' ports are on its loopback; RPC is on every address all the same.
  const alone = [`--ledger=${dataPath}/ledger`, `--rpc-port=${networkPort(network, "rpc")}`, "--log"];
  // It has no handler of signals, and the first process of a container hears none without: it is killed at the end of its time.
  if (network.kind === "private")
    return [{ name: "solana-test-validator", ...common, stopTimeoutSec: 5, command: ["solana-test-validator", ...alone] }];
  const newIdentity = ["solana-keygen", "new", "--no-bip39-passphrase", "--silent", `--outfile=${dataPath}/identity.json`];
  return [
    {
      name: "agave-validator",
      ...common,
      stopTimeoutSec: 600,
      command: follow(ctx),
      // Says who the node is to its peers. Without a vote it owns nothing.
      firstStart: { creates: "identity.json", commands: [newIdentity] },
      limits: { openFiles: 1_000_000, lockedMemoryBytes: 2_000_000_000 },
    },
  ];
}

/** "ok", or an error that says how many slots the node is behind the cluster, if it knows. */
const health = z.union([
  z.object({ result: z.literal("ok") }),
  z.object({ error: z.object({ code: z.literal(-32_005), data: z.object({ numSlotsBehind: numberHeight.nullish() }).nullish() }) }),
]);

async function slotsBehind(node: NodeClient): Promise<number> {
  const answer = readAnswer(health, await node.http("rpc", "/", { jsonrpc: "2.0", id: 0, method: "getHealth" }), "getHealth");
  if ("result" in answer) return 0;
  const behind = answer.error.data?.numSlotsBehind;
  if (behind == null) throw new ProbeError("starting", "the node does not know yet how far it is behind the cluster");
  return behind;
}

const base58 = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/);
const block = z.object({ blockhash: base58, blockTime: unixSeconds });

/** The block of a slot; many slots have none. */
const what = { commitment: "confirmed", transactionDetails: "none", rewards: false, maxSupportedTransactionVersion: 0 };
const blockAt = (node: NodeClient, slot: number): Promise<z.infer<typeof block>> => readRpc(node, block, "getBlock", [slot, what]);

async function syncCheck(node: NodeClient, { networkName, network }: SyncContext<object>): Promise<SyncStatus> {
  const genesis = await readRpc(node, base58, "getGenesisHash");
  if (network.kind !== "private") requireNetwork("genesis hash", genesis, entryOf(clusters, networkName).genesis);
  else refuseNetworks("genesis hash", genesis, [clusters.mainnet.genesis, clusters.devnet.genesis]);
  const behind = await slotsBehind(node);
  const height = await readRpc(node, numberHeight, "getSlot", [{ commitment: "confirmed" }]);
  const { blockhash: tipHash, blockTime: tipTimeSec } = await blockAt(node, height);
  const others = await readRpc(node, z.array(z.object({ pubkey: base58 })).min(1), "getClusterNodes");
  // Heights are slots, which is what the cluster compares. The list of nodes has this one in it.
  return { height, tipHash, tipTimeSec, knownHeight: height + behind, peers: others.length - 1, isInitialSync: false };
}

const rpcPorts = { rpc: internalPort(8899, "JSON-RPC"), ws: internalPort(8900, "JSON-RPC over WebSocket") };
const peers = Array.from({ length: dynamicPorts.last - dynamicPorts.first + 1 }, (_, index): readonly [string, Port] => {
  const port = dynamicPorts.first + index;
  return [`p2p-${port}`, peerPort(port, "blocks, repair and transactions", "udp")];
});
const ports = { ...rpcPorts, p2p: peerPort(8001, "gossip"), "p2p-udp": peerPort(8001, "gossip", "udp"), ...Object.fromEntries(peers) };
const readme = "aws-samples/aws-blockchain-node-runners blueprints/solana/README.md (2026-08)";
const slots = { ports, blockIntervalSec: 0.4, blockArrival: "slots", tips: [], minimumTips: 2, settledDepth: 64 } as const;
const sized = { memoryMiB: 380_928, instanceType: "r7i.12xlarge", volume: { iops: 16_000, throughputMiBPerSec: 1000 } } as const;
const snapshots: Snapshot = { kind: "client", how: "a full and an incremental snapshot of known validators, over their RPC" };
const publicNetwork = (kind: "main" | "test", data: Network["data"]): Network => ({ kind, ...slots, ...sized, data });

export default defineCoin({
  id: "solana",
  name: "Solana",
  symbol: "SOL",
  family: "solana",
  clients: {
    agave: {
      sources: {
        // Since 3.x upstream publishes no binary of the validator.
        crates: {
          kind: "cargoCrates",
          version: "4.1.2",
          crates: { "agave-validator": ["agave-validator", "solana-test-validator"], "solana-keygen": ["solana-keygen"] },
          sums: {
            "4.1.2": {
              "agave-validator": "88a333e417c9d58179274f14a5efbb278edbd706590fbbbd2210a370e418cadf",
              "solana-keygen": "e4d66b0591242fbdcc5e5072e6b36cf35a926efa748115296d151abac07ad0e6",
            },
          },
          compilers: ["libclang-dev", "libudev-dev", "libssl-dev", "pkg-config", "protobuf-compiler", "cmake", "g++", "make"],
        },
      },
      runtimePackages: ["ca-certificates", "libssl3", "libudev1"],
    },
  },
  networks: {
    mainnet: publicNetwork("main", { sizeGiB: 2150, growthGiBPerYear: 720, source: `${readme}: ledger 1500, accounts 400, snapshots 250` }),
    devnet: publicNetwork("test", unmeasured("no source says how large it is: measure")),
    local: privateNetwork({ ...slots, ports: rpcPorts, memoryMiB: 4096, instanceType: "m7i.large", minimumTips: 0, maximumNodes: 1 }),
  },
  options: z.strictObject({}),
  secrets: [],
  access: [{ port: "rpc", protocol: "http" }],
  daemons,
  syncCheck,
  blockHash: async (node, height) => (await blockAt(node, height)).blockhash,
  produceBlock: { unsupported: "the client makes blocks by itself on its private network, one each block interval" },
  snapshot: { mainnet: snapshots, devnet: snapshots, local: { kind: "none", reason: "a private network starts empty" } },
  keys: "none",
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
