import { z } from "zod";
import { hexHeight, numberHeight, readAnswer, requireNetwork, textHeight } from "../answers.ts";
import type { Coin, Daemon, DaemonContext } from "../coin.ts";
import { entryOf } from "../entry-of.ts";
import { networkPort } from "../network-port.ts";
import { ProbeError, type NodeClient, type SyncStatus } from "../sync-status.ts";
import type { FamilyFields } from "./family-fields.ts";
import { evmBlockHash, evmCall, evmTip, type EvmEndpoint } from "./evm-answers.ts";

const maxPeers = z.int().min(8).max(1000).default(50);

/** Options of a coin whose execution client works alone. */
export const evmAloneOptions = z.strictObject({
  maxPeers: maxPeers.describe("Most peers."),
});

/** Options of a coin whose execution client is led by a consensus client. */
export const evmOptions = z.strictObject({
  maxPeers: maxPeers.describe("Most peers of the execution client."),
  checkpointUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      "Where the consensus client gets its first finalised state from. It is trusted for that: prefer a node of your own. Default: the network's.",
    ),
});

/** What a stack file may set on a coin whose execution client works alone. */
export type EvmAloneOptions = z.infer<typeof evmAloneOptions>;

/** What a stack file may set on a coin whose execution client is led. */
export type EvmOptions = z.infer<typeof evmOptions>;

/** What the clients of the family call a network. */
export interface EvmChain {
  readonly chainId: number;
  /** Hash of block 0, where it is the same on every start of the network. */
  readonly genesis?: string;
  /** Switches of the execution client that choose the network. */
  readonly flags: readonly string[];
  /** Absent: the execution client knows by itself which chain to follow; on a private network it is alone and makes the blocks. */
  readonly consensus?: { readonly network: string; readonly checkpointUrl: string };
  /** The client cannot go on with the blocks that it has made on this network: it keeps none, and begins another chain at each start. @default false */
  readonly isForgotten?: boolean;
}

/** A coin of the family whose execution client works alone. */
export interface EvmAloneInput<N extends string> {
  /** Binary and client name of the execution client: geth or one that takes its switches. */
  readonly execution: string;
  readonly chains: Readonly<Record<N, EvmChain>>;
}

/** A coin of the family. */
export interface EvmInput<N extends string> extends EvmAloneInput<N> {
  /** Binary and client name of the consensus client: lighthouse or one that takes its switches. */
  readonly consensus: string;
}

const execution: EvmEndpoint = { port: "rpc", path: "/" };

/** Ethereum and chains like it: an execution client, and a consensus client that leads it over the engine API. */
export function evm<N extends string>(input: EvmInput<N>): Pick<Coin<N, EvmOptions>, FamilyFields> {
  const chainOf = chainsOf(input.chains);
  return {
    ...commonFields(chainOf),
    options: evmOptions,
    secrets: ["engine"],
    access: [
      { port: "rpc", protocol: "http" },
      { port: "beacon", protocol: "http" },
    ],
    daemons: (ctx) => renderPair(input, chainOf(ctx.networkName), ctx),
  };
}

/** Chains whose execution client decides by itself: by proof of work, or by a consensus of its own. */
export function evmAlone<N extends string>(input: EvmAloneInput<N>): Pick<Coin<N, EvmAloneOptions>, FamilyFields> {
  const chainOf = chainsOf(input.chains);
  return {
    ...commonFields(chainOf),
    options: evmAloneOptions,
    secrets: [],
    access: [{ port: "rpc", protocol: "http" }],
    daemons: (ctx) => [renderAlone(input, chainOf(ctx.networkName), ctx, ctx.memoryMiB)],
  };
}

type ChainOf = (networkName: string) => EvmChain;

const chainsOf =
  (chains: Readonly<Record<string, EvmChain>>): ChainOf =>
  (networkName) =>
    entryOf(chains, networkName);

function commonFields(chainOf: ChainOf): Pick<Coin, "family" | "keys" | "logAlarm" | "syncCheck" | "blockHash" | "produceBlock"> {
  return {
    family: "evm",
    // Accounts are with whoever signs; a private network's own account is worth nothing.
    keys: "none",
    logAlarm: { title: "The execution client refuses a block", terms: ["BAD BLOCK"], severity: "page" },
    syncCheck: (node, ctx) => syncCheck(node, chainOf(ctx.networkName), ctx.network.kind === "private"),
    blockHash: (node, height) => evmBlockHash(node, execution, height),
    produceBlock: { unsupported: "the client makes blocks by itself on its private network, one each block interval" },
  };
}

function renderPair(input: EvmInput<string>, chain: EvmChain, ctx: DaemonContext<EvmOptions>): readonly Daemon[] {
  if (chain.consensus === undefined) return [renderAlone(input, chain, ctx, ctx.memoryMiB)];
  const forConsensus = Math.floor(ctx.memoryMiB * 0.3);
  const { network, filesPath } = ctx;
  const led = {
    ...renderExecution(input, chain, ctx, ctx.memoryMiB - forConsensus, [
      "--authrpc.addr=0.0.0.0",
      `--authrpc.port=${networkPort(network, "engine")}`,
      `--authrpc.vhosts=${input.execution}`,
      `--authrpc.jwtsecret=${filesPath}/engine.hex`,
      ...peering(ctx),
    ]),
    files: { "engine.hex": ctx.secret("engine") },
    ports: ["p2p", "p2p-udp", "rpc", "ws", "metrics", "engine"],
  };
  return [led, renderConsensus(input, chain.consensus, ctx, forConsensus)];
}

/** A client that follows its peers; on a private network one that has none and makes the blocks. */
function renderAlone(input: EvmAloneInput<string>, chain: EvmChain, ctx: DaemonContext<EvmAloneOptions>, memoryMiB: number): Daemon {
  if (ctx.network.kind !== "private") return renderExecution(input, chain, ctx, memoryMiB, peering(ctx));
  const switches = [`--dev.period=${ctx.network.blockIntervalSec}`, "--nodiscover", "--maxpeers=0", "--port=0"];
  return { ...renderExecution(input, chain, ctx, memoryMiB, switches), ports: ["rpc", "ws", "metrics"] };
}

const peering = ({ network, options }: DaemonContext<EvmAloneOptions>): readonly string[] => [
  `--port=${networkPort(network, "p2p")}`,
  `--maxpeers=${options.maxPeers}`,
];

function renderExecution(
  input: EvmAloneInput<string>,
  chain: EvmChain,
  ctx: DaemonContext<EvmAloneOptions>,
  memoryMiB: number,
  switches: readonly string[],
): Daemon {
  const port = (role: string): number => networkPort(ctx.network, role);
  return {
    name: input.execution,
    client: input.execution,
    command: [
      input.execution,
      ...chain.flags,
      ...(chain.isForgotten === true ? [] : [`--datadir=${ctx.dataPath}`]),
      "--ipcdisable",
      `--cache=${Math.max(64, Math.floor(memoryMiB * 0.4))}`,
      "--http",
      "--http.addr=0.0.0.0",
      `--http.port=${port("rpc")}`,
      "--http.vhosts=*",
      // No admin, debug or engine: whoever reaches this port may read the chain and send transactions, nothing else.
      "--http.api=eth,net,web3,txpool",
      "--ws",
      "--ws.addr=0.0.0.0",
      `--ws.port=${port("ws")}`,
      "--ws.api=eth,net,web3,txpool",
      "--metrics",
      "--metrics.addr=0.0.0.0",
      `--metrics.port=${port("metrics")}`,
      ...switches,
    ],
    environment: { GOMEMLIMIT: `${Math.floor(memoryMiB * 0.9)}MiB` },
    ports: ["p2p", "p2p-udp", "rpc", "ws", "metrics"],
    memoryMiB,
    stopTimeoutSec: 480,
  };
}

function renderConsensus(
  input: EvmInput<string>,
  consensus: NonNullable<EvmChain["consensus"]>,
  ctx: DaemonContext<EvmOptions>,
  memoryMiB: number,
): Daemon {
  const port = (role: string): number => networkPort(ctx.network, role);
  return {
    name: input.consensus,
    client: input.consensus,
    command: [
      input.consensus,
      "beacon_node",
      `--network=${consensus.network}`,
      `--datadir=${ctx.dataPath}`,
      "--logfile-max-number=0",
      `--execution-endpoint=http://${input.execution}:${port("engine")}`,
      `--execution-jwt=${ctx.filesPath}/engine.hex`,
      `--checkpoint-sync-url=${ctx.options.checkpointUrl ?? consensus.checkpointUrl}`,
      `--port=${port("beacon-p2p")}`,
      `--quic-port=${port("beacon-quic")}`,
      "--http",
      "--http-address=0.0.0.0",
      `--http-port=${port("beacon")}`,
      "--metrics",
      "--metrics-address=0.0.0.0",
      `--metrics-port=${port("beacon-metrics")}`,
    ],
    files: { "engine.hex": ctx.secret("engine") },
    ports: ["beacon-p2p", "beacon-p2p-udp", "beacon-quic", "beacon", "beacon-metrics"],
    memoryMiB,
    stopTimeoutSec: 300,
  };
}

const syncing = z.union([
  z.literal(false),
  z.object({ currentBlock: hexHeight, highestBlock: hexHeight, txIndexRemainingBlocks: hexHeight.optional() }),
]);

/** What the execution client itself says about its sync. */
function readSyncing(answer: z.infer<typeof syncing>): { readonly highest: number; readonly isSyncing: boolean } {
  if (answer === false) return { highest: 0, isSyncing: false };
  const { currentBlock, highestBlock, txIndexRemainingBlocks = 0 } = answer;
  // All blocks are there and only the index of old transactions is still being built: the node serves the chain.
  const onlyIndexing = txIndexRemainingBlocks > 0 && highestBlock > 0 && currentBlock >= highestBlock;
  return { highest: highestBlock, isSyncing: !onlyIndexing };
}

async function syncCheck(node: NodeClient, chain: EvmChain, isPrivate: boolean): Promise<SyncStatus> {
  const tip = await evmTip(node, execution, chain.chainId);
  if (chain.genesis !== undefined) requireNetwork("block 0", await evmBlockHash(node, execution, 0), chain.genesis);
  const state = readSyncing(await evmCall(node, execution, syncing, "eth_syncing"));
  const peers = await evmCall(node, execution, hexHeight, "net_peerCount");
  const consensus = chain.consensus === undefined ? undefined : await consensusStatus(node);
  return {
    ...tip,
    knownHeight: Math.max(tip.height, state.highest, tip.height + (consensus?.distance ?? 0)),
    peers: consensus === undefined ? peers : Math.min(peers, consensus.peers),
    // "Not syncing" at block 0 only says that nobody has told the client of a longer chain.
    isInitialSync: state.isSyncing || consensus?.isSyncing === true || (!isPrivate && tip.height === 0),
  };
}

const beaconSyncing = z.object({
  data: z.object({
    head_slot: textHeight,
    sync_distance: textHeight,
    is_syncing: z.boolean(),
    is_optimistic: z.boolean(),
    el_offline: z.boolean(),
  }),
});

const beaconPeers = z.object({ data: z.object({ connected: z.union([textHeight, numberHeight]) }) });

async function consensusStatus(
  node: NodeClient,
): Promise<{ readonly distance: number; readonly isSyncing: boolean; readonly peers: number }> {
  const syncPath = "/eth/v1/node/syncing";
  const { data } = readAnswer(beaconSyncing, await node.http("beacon", syncPath), syncPath);
  if (data.el_offline) throw new ProbeError("rpc-error", "the consensus client cannot reach its execution client");
  const peersPath = "/eth/v1/node/peer_count";
  const peers = readAnswer(beaconPeers, await node.http("beacon", peersPath), peersPath).data.connected;
  return { distance: data.sync_distance, isSyncing: data.is_syncing || data.is_optimistic, peers };
}
