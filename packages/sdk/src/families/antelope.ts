import { z } from "zod";
import { hash, numberHeight, readAnswer, requireNetwork } from "../answers.ts";
import type { Coin, Daemon, DaemonContext, Network, Port } from "../coin.ts";
import { internalPort, networkPort, peerPort } from "../network-port.ts";
import { pending, type ReleaseSource } from "../release.ts";
import { ProbeError, type NodeClient, type SyncStatus } from "../sync-status.ts";
import type { FamilyFields } from "./family-fields.ts";

/** Options of every coin of the family. */
export const antelopeOptions = z.strictObject({
  archive: z.boolean().default(false).describe("Keep every block. Otherwise the last million, about six days. Several times the disk."),
  maxPeers: z.int().min(8).max(1000).default(25).describe("Most peers that call in."),
});

/** What a stack file may set on a coin of the family. */
export type AntelopeOptions = z.infer<typeof antelopeOptions>;

/** What the clients of the family call a network. */
export interface AntelopeChain {
  readonly chainId: string;
  /** What block 1 was made from. Absent: the data directory must come from elsewhere, because the client would begin another chain. */
  readonly genesis?: AntelopeGenesis;
  /** `<host>:<port>`. */
  readonly peers?: readonly string[];
}

/** The part of a chain's first state in which chains differ. The rest is what the client's first release set. */
export interface AntelopeGenesis {
  readonly timestamp: string;
  readonly key: string;
}

/** A coin of the family. */
export interface AntelopeInput<N extends string> {
  readonly chains: Readonly<Record<N, AntelopeChain>>;
}

/** The client's own development chain: one producer, whose key everybody knows. */
export const antelopeLocal: AntelopeChain = {
  chainId: "cf057bbfb72640471fd910bcb67639c22df9f92470936cddc1ade0e2f2e7dc4f",
  genesis: { timestamp: "2018-06-01T12:00:00.000", key: "EOS6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CV" },
};

/** Where nodeos comes from. */
export const spring: Readonly<Record<string, ReleaseSource>> = {
  upstream: {
    kind: "signedArchive",
    version: "1.2.2",
    url: { x86_64: "https://github.com/AntelopeIO/spring/releases/download/v{version}/antelope-spring_{version}_amd64.deb" },
    sha256: {
      "1.2.2": {
        x86_64: pending("only a third party names it: 531ed1c9… (2026-08); upstream's build is reproducible, so it can be compared"),
      },
    },
    signature: { kind: "none", reason: "upstream publishes neither checksums nor signatures" },
    binaries: { nodeos: "usr/bin/nodeos" },
  },
};

/** Ports of a node of the family. */
export const antelopePorts: Readonly<Record<"p2p" | "rpc", Port>> = {
  p2p: peerPort(9876),
  rpc: internalPort(8888, "HTTP API and metrics"),
};

/** What public networks of the family have in common: a slot each half second, for ever. */
export const antelopeSlots: Pick<Network, "ports" | "blockIntervalSec" | "blockArrival" | "minimumTips" | "settledDepth"> = {
  ports: antelopePorts,
  blockIntervalSec: 0.5,
  blockArrival: "slots",
  minimumTips: 2,
  settledDepth: 360,
};

/** nodeos of Antelope (Leap, Spring): one daemon, HTTP API without authentication. */
export function antelope<N extends string>(
  input: AntelopeInput<N>,
): Pick<Coin<N, AntelopeOptions>, FamilyFields | "databaseSurvivesDowngrade"> {
  const chains: Readonly<Record<string, AntelopeChain>> = input.chains;
  const chainOf = (networkName: string): AntelopeChain => {
    const chain = chains[networkName];
    if (chain === undefined) throw new Error(`nodeos: no chain for the network "${networkName}"`);
    return chain;
  };
  return {
    family: "antelope",
    // A node that produces no blocks signs nothing.
    keys: "none",
    options: antelopeOptions,
    secrets: [],
    access: [{ port: "rpc", protocol: "http" }],
    daemons: (ctx) => [renderDaemon(chainOf(ctx.networkName), ctx)],
    syncCheck: (node, ctx) => syncCheck(node, chainOf(ctx.networkName)),
    blockHash,
    databaseSurvivesDowngrade: false,
    produceBlock: { unsupported: "the producer makes a block each half second by itself" },
  };
}

function renderDaemon({ genesis, peers = [] }: AntelopeChain, ctx: DaemonContext<AntelopeOptions>): Daemon {
  const { memoryMiB, dataPath, filesPath } = ctx;
  return {
    name: "nodeos",
    client: "nodeos",
    command: [
      "nodeos",
      `--data-dir=${dataPath}`,
      `--config-dir=${filesPath}`,
      // On later starts the client only compares it with what it has.
      ...(genesis === undefined ? [] : [`--genesis-json=${filesPath}/genesis.json`]),
    ],
    files: { "config.ini": renderConfig(peers, ctx), ...(genesis === undefined ? {} : { "genesis.json": renderGenesis(genesis) }) },
    ports: ["p2p", "rpc"],
    memoryMiB,
    // A client that is killed leaves its database dirty: a replay, or a new snapshot.
    stopTimeoutSec: 900,
  };
}

function renderConfig(
  peers: readonly string[],
  { network, options, siblings, index, memoryMiB, dataPath }: DaemonContext<AntelopeOptions>,
): string {
  const http = `0.0.0.0:${networkPort(network, "rpc")}`;
  const p2p = networkPort(network, "p2p");
  const isPrivate = network.kind === "private";
  const lines = [
    ...["chain_api", "net_api", "prometheus"].map((name) => `plugin=eosio::${name}_plugin`),
    // By category, because the same plugins can also stop producers and cut connections.
    "http-server-address=http-category-address",
    ...["chain_ro", "chain_rw", "net_ro", "prometheus"].map((category) => `http-category-address=${category},${http}`),
    // Siblings and load balancers ask under other names.
    "http-validate-host=false",
    `p2p-listen-endpoint=0.0.0.0:${p2p}`,
    `max-clients=${options.maxPeers}`,
    `chain-state-db-size-mb=${Math.floor(memoryMiB * 0.75)}`,
    `protocol-features-dir=${dataPath}/protocol_features`,
    ...(options.archive ? [] : ["block-log-retain-blocks=1000000"]),
    ...(isPrivate && index === 1 ? ["enable-stale-production=true", "producer-name=eosio", "plugin=eosio::producer_plugin"] : []),
    ...[...peers, ...siblings.map((name) => `${name}:${p2p}`)].map((peer) => `p2p-peer-address=${peer}`),
  ];
  return `${lines.join("\n")}\n`;
}

function renderGenesis({ timestamp, key }: AntelopeGenesis): string {
  const genesis = {
    initial_timestamp: timestamp,
    initial_key: key,
    initial_configuration: {
      max_block_net_usage: 1_048_576,
      target_block_net_usage_pct: 1000,
      max_transaction_net_usage: 524_288,
      base_per_transaction_net_usage: 12,
      net_usage_leeway: 500,
      context_free_discount_net_usage_num: 20,
      context_free_discount_net_usage_den: 100,
      max_block_cpu_usage: 200_000,
      target_block_cpu_usage_pct: 1000,
      max_transaction_cpu_usage: 150_000,
      min_transaction_cpu_usage: 100,
      max_transaction_lifetime: 3600,
      deferred_trx_expiration_window: 600,
      max_transaction_delay: 3_888_000,
      max_inline_action_size: 4096,
      max_inline_action_depth: 4,
      max_authority_depth: 6,
    },
  };
  return `${JSON.stringify(genesis)}\n`;
}

/** UTC without a zone, as the client prints it. */
const utcSeconds = z.iso
  .datetime({ local: true })
  .transform((text) => Math.floor(Date.parse(text.endsWith("Z") ? text : `${text}Z`) / 1000))
  .pipe(z.int().positive());

const info = z.object({
  chain_id: hash,
  head_block_num: numberHeight,
  head_block_id: hash,
  head_block_time: utcSeconds,
  fork_db_head_block_num: numberHeight,
  last_irreversible_block_num: numberHeight,
});

const connections = z.array(z.object({ connecting: z.boolean() }));

const call = async <T>(node: NodeClient, shape: z.ZodType<T>, path: string, body = {}): Promise<T> =>
  readAnswer(shape, await node.http("rpc", path, body), path);

async function syncCheck(node: NodeClient, { chainId }: AntelopeChain): Promise<SyncStatus> {
  const answer = await call(node, info, "/v1/chain/get_info");
  requireNetwork("chain id", answer.chain_id, chainId);
  if (answer.last_irreversible_block_num > answer.head_block_num) {
    throw new ProbeError("malformed", "get_info: the last irreversible block is above the head");
  }
  const peers = await call(node, connections, "/v1/net/connections");
  return {
    height: answer.head_block_num,
    tipHash: answer.head_block_id,
    tipTimeSec: answer.head_block_time,
    // Blocks that it has, and has not applied yet.
    knownHeight: Math.max(answer.head_block_num, answer.fork_db_head_block_num),
    peers: peers.filter(({ connecting }) => !connecting).length,
    // The client does not say so: a node that catches up is told by its tip's age, and by the tips.
    isInitialSync: false,
  };
}

const blockInfo = z.object({ block_num: numberHeight, id: hash });

async function blockHash(node: NodeClient, height: number): Promise<string> {
  const block = await call(node, blockInfo, "/v1/chain/get_block_info", { block_num: height });
  if (block.block_num !== height) throw new ProbeError("malformed", "get_block_info: answered for another block than was asked for");
  return block.id;
}
