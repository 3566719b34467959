import { z } from "zod";
import { hash, numberHeight, readAnswer, requireNetwork, unixSeconds } from "../answers.ts";
import type { Coin, Daemon, DaemonContext, SyncContext } from "../coin.ts";
import { networkPort } from "../network-port.ts";
import { ProbeError, type NodeClient, type SyncStatus } from "../sync-status.ts";
import type { FamilyFields } from "./family-fields.ts";
import { generateBlock } from "./generate-block.ts";

/** Options of every coin of the family. */
export const zebraOptions = z.strictObject({
  peers: z.int().min(8).max(200).default(25).describe("How many peers the client looks for. Each costs memory and traffic."),
});

/** What a stack file may set on a coin of the family. */
export type ZebraOptions = z.infer<typeof zebraOptions>;

/** What the client calls a network. */
export interface ZebraChain {
  /** Value of `network.network`. */
  readonly network: "Mainnet" | "Testnet" | "Regtest";
  /** Hash of block 0: the client calls every network but the main one "test". */
  readonly genesis: string;
}

/** A coin of the family. */
export interface ZebraInput<N extends string> {
  readonly chains: Readonly<Record<N, ZebraChain>>;
  /** Address that blocks on private networks pay. */
  readonly miningAddress: string;
  /** How long a clean stop may take. Seconds. */
  readonly stopTimeoutSec: number;
}

/** zebrad: the JSON-RPC of Bitcoin Core's descendants, as far as a node without a wallet has it. */
export function zebra<N extends string>(input: ZebraInput<N>): Pick<Coin<N, ZebraOptions>, FamilyFields> {
  const chains: Readonly<Record<string, ZebraChain>> = input.chains;
  const chainOf = (networkName: string): ZebraChain => {
    const chain = chains[networkName];
    if (chain === undefined) throw new Error(`zebrad: no chain for the network "${networkName}"`);
    return chain;
  };
  return {
    family: "zebra",
    // The client has no wallet.
    keys: "none",
    options: zebraOptions,
    secrets: [],
    access: [{ port: "rpc", protocol: "http" }],
    daemons: (ctx) => [renderDaemon(input, chainOf(ctx.networkName), ctx)],
    syncCheck: (node, ctx) => syncCheck(node, chainOf(ctx.networkName), ctx),
    blockHash: async (node, height) => readAnswer(hash, await node.jsonRpc("rpc", "getblockhash", [height]), "getblockhash"),
    produceBlock: generateBlock,
  };
}

function renderDaemon(input: ZebraInput<string>, chain: ZebraChain, ctx: DaemonContext<ZebraOptions>): Daemon {
  return {
    name: "zebrad",
    client: "zebrad",
    command: ["zebrad", "--config", `${ctx.filesPath}/zebrad.toml`, "start"],
    files: { "zebrad.toml": renderConfig(input, chain, ctx) },
    ports: ["p2p", "rpc"],
    memoryMiB: ctx.memoryMiB,
    stopTimeoutSec: input.stopTimeoutSec,
  };
}

function renderConfig(
  { miningAddress }: ZebraInput<string>,
  chain: ZebraChain,
  { network, options, dataPath }: DaemonContext<ZebraOptions>,
): string {
  const p2p = networkPort(network, "p2p");
  const isPrivate = network.kind === "private";
  const lines = [
    "[network]",
    `network = "${chain.network}"`,
    `listen_addr = "0.0.0.0:${p2p}"`,
    `cache_dir = "${dataPath}"`,
    `peerset_initial_target_size = ${options.peers}`,
    "[state]",
    `cache_dir = "${dataPath}"`,
    "[rpc]",
    `listen_addr = "0.0.0.0:${networkPort(network, "rpc")}"`,
    // The only authentication is a cookie in a file, new at each start: no client on another host could have it. The security group guards the port.
    "enable_cookie_auth = false",
    ...(isPrivate ? ["[mining]", `miner_address = "${miningAddress}"`] : []),
  ];
  return `${lines.join("\n")}\n`;
}

const chainInfo = z.object({
  chain: z.string(),
  blocks: numberHeight,
  headers: numberHeight,
  estimatedheight: numberHeight,
  bestblockhash: hash,
});

const blockHeader = z.object({ hash, height: numberHeight, time: unixSeconds });

/** Blocks that the clock says are missing before that means more than a slow hour. The client has no word of its own for its initial sync. */
const initialSyncBlocks = 100;

async function syncCheck(node: NodeClient, chain: ZebraChain, { network }: SyncContext<ZebraOptions>): Promise<SyncStatus> {
  const info = readAnswer(chainInfo, await node.jsonRpc("rpc", "getblockchaininfo"), "getblockchaininfo");
  requireNetwork("chain", info.chain, chain.network === "Mainnet" ? "main" : "test");
  const genesis = readAnswer(hash, await node.jsonRpc("rpc", "getblockhash", [0]), "getblockhash 0");
  requireNetwork("block 0", genesis, chain.genesis);
  const header = readAnswer(blockHeader, await node.jsonRpc("rpc", "getblockheader", [info.bestblockhash, true]), "getblockheader");
  if (header.hash !== info.bestblockhash || header.height !== info.blocks)
    throw new ProbeError("malformed", "getblockheader: answered for another block than was asked for");
  const peers = readAnswer(z.array(z.unknown()), await node.jsonRpc("rpc", "getpeerinfo"), "getpeerinfo");
  return {
    height: info.blocks,
    tipHash: info.bestblockhash,
    tipTimeSec: header.time,
    // Not the estimate: it counts blocks that nobody has found yet whenever one is late.
    knownHeight: Math.max(info.blocks, info.headers),
    peers: peers.length,
    // Nobody mines a private network by the clock.
    isInitialSync: network.kind !== "private" && info.estimatedheight - info.blocks > initialSyncBlocks,
  };
}
