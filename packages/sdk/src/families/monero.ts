import { z } from "zod";
import { hash, numberHeight, readAnswer, requireNetwork, rpcAt, unixSeconds } from "../answers.ts";
import type { Coin, Daemon, DaemonContext, SyncContext } from "../coin.ts";
import { networkPort } from "../network-port.ts";
import { ProbeError, type NodeClient, type SyncStatus } from "../sync-status.ts";
import type { FamilyFields } from "./family-fields.ts";
import { requirePrivate } from "./require-private.ts";

/** Options of every coin of the family. */
export const moneroOptions = z.strictObject({
  prune: z
    .boolean()
    .default(false)
    .describe("Keep an eighth of the old proofs only: about 40 % of the disk. Cannot be undone without a new sync."),
  maxPeers: z.int().min(8).max(1000).default(64).describe("Most connections in, and the same number out."),
});

/** What a stack file may set on a coin of the family. */
export type MoneroOptions = z.infer<typeof moneroOptions>;

/** What the client calls a network. */
export interface MoneroChain {
  /** `get_info`'s `nettype`. */
  readonly nettype: "mainnet" | "testnet" | "stagenet" | "fakechain";
  /** Hash of block 0, where it is known. */
  readonly genesis?: string;
  /** More lines of the configuration file. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A coin of the family. */
export interface MoneroInput<N extends string> {
  readonly chains: Readonly<Record<N, MoneroChain>>;
  /** Address that blocks on private networks pay. */
  readonly miningAddress: string;
  /** How long a clean stop may take. Seconds. */
  readonly stopTimeoutSec: number;
}

/** monerod: JSON-RPC at `/json_rpc`, HTTP digest authentication. */
export function monero<N extends string>(input: MoneroInput<N>): Pick<Coin<N, MoneroOptions>, FamilyFields> {
  const chains: Readonly<Record<string, MoneroChain>> = input.chains;
  const chainOf = (networkName: string): MoneroChain => {
    const chain = chains[networkName];
    if (chain === undefined) throw new Error(`monerod: no chain for the network "${networkName}"`);
    return chain;
  };
  return {
    family: "monero",
    // The wallet is off or another program.
    keys: "none",
    options: moneroOptions,
    secrets: ["rpc"],
    access: [{ port: "rpc", protocol: "http", auth: { user: "coinfleet", secret: "rpc", scheme: "digest" } }],
    daemons: (ctx) => [renderDaemon(input, chainOf(ctx.networkName), ctx)],
    syncCheck: (node, ctx) => syncCheck(node, chainOf(ctx.networkName)),
    blockHash: async (node, height) => (await blockHeader(node, "get_block_header_by_height", { height })).hash,
    produceBlock: (node, ctx) => produceBlock(node, ctx, input.miningAddress),
  };
}

function renderDaemon(input: MoneroInput<string>, chain: MoneroChain, ctx: DaemonContext<MoneroOptions>): Daemon {
  return {
    name: "monerod",
    client: "monerod",
    command: ["monerod", `--config-file=${ctx.filesPath}/monerod.conf`, "--non-interactive"],
    files: { "monerod.conf": renderConfig(chain, ctx) },
    ports: ["p2p", "rpc", ...("zmq" in ctx.network.ports ? ["zmq"] : [])],
    memoryMiB: ctx.memoryMiB,
    stopTimeoutSec: input.stopTimeoutSec,
  };
}

function renderConfig(chain: MoneroChain, { network, options, siblings, index, dataPath, secret }: DaemonContext<MoneroOptions>): string {
  const isPrivate = network.kind === "private";
  const lines = [
    ...Object.entries(chain.settings ?? {}).map(([key, value]) => `${key}=${value}`),
    `data-dir=${dataPath}`,
    // The container's log driver keeps the log; the root file system is read-only.
    "log-file=/dev/null",
    "max-log-file-size=0",
    "p2p-bind-ip=0.0.0.0",
    `p2p-bind-port=${networkPort(network, "p2p")}`,
    "rpc-bind-ip=0.0.0.0",
    `rpc-bind-port=${networkPort(network, "rpc")}`,
    "confirm-external-bind=1",
    `rpc-login=coinfleet:${secret("rpc")}`,
    "rpc-ssl=disabled",
    // The other half of ZMQ, a second RPC without a password, stays on the container's own loopback.
    ...("zmq" in network.ports ? ["zmq-rpc-bind-ip=127.0.0.1", `zmq-pub=tcp://0.0.0.0:${networkPort(network, "zmq")}`] : ["no-zmq=1"]),
    "no-igd=1",
    "check-updates=disabled",
    `in-peers=${options.maxPeers}`,
    `out-peers=${options.maxPeers}`,
    ...(options.prune ? ["prune-blockchain=1"] : []),
    ...(isPrivate ? ["allow-local-ip=1", "disable-dns-checkpoints=1"] : ["enable-dns-blocklist=1"]),
    // A name that does not resolve ends the client at start, so each node names only those that started before it.
    ...(isPrivate ? siblings.slice(0, index - 1).map((name) => `add-exclusive-node=${name}:${networkPort(network, "p2p")}`) : []),
    // Without a peer the client makes no block, unless it knows that it never will have one.
    ...(isPrivate && siblings.length === 0 ? ["offline=1"] : []),
  ];
  return `${lines.join("\n")}\n`;
}

const info = z.object({
  status: z.string(),
  nettype: z.string(),
  height: numberHeight,
  target_height: numberHeight,
  top_block_hash: hash,
  synchronized: z.boolean(),
  offline: z.boolean(),
  incoming_connections_count: numberHeight,
  outgoing_connections_count: numberHeight,
});

const headerAnswer = z.object({ block_header: z.object({ hash, height: numberHeight, timestamp: z.int().nonnegative() }) });

async function call(node: NodeClient, method: string, params?: Readonly<Record<string, unknown>>): Promise<unknown> {
  return rpcAt(node, { port: "rpc", path: "/json_rpc", method, ...(params === undefined ? {} : { params }) });
}

async function blockHeader(
  node: NodeClient,
  method: string,
  params: Readonly<Record<string, unknown>>,
): Promise<z.infer<typeof headerAnswer>["block_header"]> {
  return readAnswer(headerAnswer, await call(node, method, params), method).block_header;
}

async function syncCheck(node: NodeClient, chain: MoneroChain): Promise<SyncStatus> {
  const answer = readAnswer(info, await call(node, "get_info"), "get_info");
  requireNetwork("nettype", answer.nettype, chain.nettype);
  if (answer.status !== "OK") throw new ProbeError("starting", `get_info: status ${JSON.stringify(answer.status).slice(0, 40)}`);
  if (answer.offline && chain.nettype !== "fakechain") throw new ProbeError("rpc-error", "get_info: the client runs offline");
  if (answer.height === 0) throw new ProbeError("malformed", "get_info: height 0, but a chain has its first block");
  // `height` counts blocks: the best one's height is one less. `target_height` is a count too, and 0 once the client feels synced.
  const height = answer.height - 1;
  if (chain.genesis !== undefined) {
    const first = await blockHeader(node, "get_block_header_by_height", { height: 0 });
    requireNetwork("block 0", first.hash, chain.genesis);
  }
  const tip = await blockHeader(node, "get_block_header_by_hash", { hash: answer.top_block_hash });
  if (tip.hash !== answer.top_block_hash || tip.height !== height) {
    throw new ProbeError("malformed", "get_block_header_by_hash: answered for another block than was asked for");
  }
  return {
    height,
    tipHash: tip.hash,
    // The first block of every Monero network has the time 0; a node that has no other is in its initial sync.
    tipTimeSec: height === 0 ? tip.timestamp : readAnswer(unixSeconds, tip.timestamp, "block_header.timestamp"),
    knownHeight: Math.max(height, answer.target_height - 1),
    peers: answer.incoming_connections_count + answer.outgoing_connections_count,
    isInitialSync: !answer.synchronized || (height === 0 && chain.nettype !== "fakechain"),
  };
}

const generated = z.union([
  z.object({ status: z.literal("BUSY") }),
  z.object({ status: z.literal("OK"), blocks: z.array(hash).length(1) }),
]);

async function produceBlock(node: NodeClient, ctx: SyncContext<unknown>, address: string): Promise<void> {
  requirePrivate(ctx.network);
  const params = { amount_of_blocks: 1, wallet_address: address };
  const answer = readAnswer(generated, await call(node, "generateblocks", params), "generateblocks");
  if (answer.status === "BUSY")
    throw new ProbeError("starting", "generateblocks: the client makes no block before its first peer is there");
}
