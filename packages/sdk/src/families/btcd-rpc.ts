import { z } from "zod";
import { hash, numberHeight, readAnswer, requireNetwork, unixSeconds } from "../answers.ts";
import type { Coin, Daemon, DaemonContext } from "../coin.ts";
import { networkPort } from "../network-port.ts";
import { ProbeError, type NodeClient, type SyncStatus } from "../sync-status.ts";
import type { FamilyFields } from "./family-fields.ts";
import { generateBlock } from "./generate-block.ts";

/** Options of every coin of the family. */
export const btcdRpcOptions = z.strictObject({
  txindex: z.boolean().default(true).describe("Index of all transactions: `getrawtransaction` for any of them."),
  maxPeers: z.int().min(8).max(1000).default(125).describe("Most peers at once."),
});

/** What a stack file may set on a coin of the family. */
export type BtcdRpcOptions = z.infer<typeof btcdRpcOptions>;

/** What the clients of the family call a network. */
export interface BtcdChain {
  /** `getblockchaininfo`'s `chain`. */
  readonly chain: string;
  /** Hash of block 0. */
  readonly genesis: string;
  /** More lines of the configuration file: the switch of the network, the address that mining pays. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A coin of the family. */
export interface BtcdRpcInput<N extends string> {
  /** Binary and client name, for example `dcrd`. */
  readonly daemon: string;
  readonly chains: Readonly<Record<N, BtcdChain>>;
  /** How long a clean stop may take. Seconds. */
  readonly stopTimeoutSec: number;
}

/** btcd and its descendants: one daemon in Go, RPC over TLS with a certificate that the daemon makes for itself. */
export function btcdRpc<N extends string>(input: BtcdRpcInput<N>): Pick<Coin<N, BtcdRpcOptions>, FamilyFields> {
  const chains: Readonly<Record<string, BtcdChain>> = input.chains;
  const chainOf = (networkName: string): BtcdChain => {
    const chain = chains[networkName];
    if (chain === undefined) throw new Error(`${input.daemon}: no chain for the network "${networkName}"`);
    return chain;
  };
  return {
    family: "btcd-rpc",
    // The wallet is off or another program.
    keys: "none",
    options: btcdRpcOptions,
    secrets: ["rpc"],
    // Without TLS the client refuses to listen anywhere but on loopback.
    access: [{ port: "rpc", protocol: "https-self-signed", auth: { user: "coinfleet", secret: "rpc" } }],
    daemons: (ctx) => [renderDaemon(input, chainOf(ctx.networkName), ctx)],
    syncCheck: (node, ctx) => syncCheck(node, chainOf(ctx.networkName)),
    blockHash: async (node, height) => readAnswer(hash, await node.jsonRpc("rpc", "getblockhash", [height]), "getblockhash"),
    produceBlock: generateBlock,
  };
}

function renderDaemon(input: BtcdRpcInput<string>, chain: BtcdChain, ctx: DaemonContext<BtcdRpcOptions>): Daemon {
  const config = `${input.daemon}.conf`;
  return {
    name: input.daemon,
    client: input.daemon,
    command: [input.daemon, `--appdata=${ctx.dataPath}`, `--configfile=${ctx.filesPath}/${config}`],
    // Go's soft limit: it collects harder before the container's limit kills it.
    environment: { GOMEMLIMIT: `${Math.floor(ctx.memoryMiB * 0.9)}MiB` },
    files: { [config]: renderConfig(chain, ctx) },
    ports: ["p2p", "rpc"],
    memoryMiB: ctx.memoryMiB,
    stopTimeoutSec: input.stopTimeoutSec,
  };
}

function renderConfig(chain: BtcdChain, { network, options, siblings, index, secret }: DaemonContext<BtcdRpcOptions>): string {
  const lines = [
    "[Application Options]",
    ...Object.entries(chain.settings ?? {}).map(([key, value]) => `${key}=${value}`),
    "nofilelogging=1",
    `listen=0.0.0.0:${networkPort(network, "p2p")}`,
    `rpclisten=0.0.0.0:${networkPort(network, "rpc")}`,
    "rpcuser=coinfleet",
    `rpcpass=${secret("rpc")}`,
    `maxpeers=${options.maxPeers}`,
    ...(options.txindex ? ["txindex=1"] : []),
    ...(network.kind === "private" ? ["noseeders=1", "nodiscoverip=1"] : []),
    // A name that does not resolve ends the client at start, so each node names only those that started before it.
    ...siblings.slice(0, index - 1).map((name) => `addpeer=${name}:${networkPort(network, "p2p")}`),
  ];
  return `${lines.join("\n")}\n`;
}

const chainInfo = z.object({
  chain: z.string(),
  blocks: numberHeight,
  headers: numberHeight,
  syncheight: numberHeight,
  bestblockhash: hash,
  initialblockdownload: z.boolean(),
});

const blockHeader = z.object({ hash, height: numberHeight, time: unixSeconds });

async function syncCheck(node: NodeClient, chain: BtcdChain): Promise<SyncStatus> {
  const info = readAnswer(chainInfo, await node.jsonRpc("rpc", "getblockchaininfo"), "getblockchaininfo");
  requireNetwork("chain", info.chain, chain.chain);
  const genesis = readAnswer(hash, await node.jsonRpc("rpc", "getblockhash", [0]), "getblockhash 0");
  requireNetwork("block 0", genesis, chain.genesis);
  const header = readAnswer(blockHeader, await node.jsonRpc("rpc", "getblockheader", [info.bestblockhash, true]), "getblockheader");
  if (header.hash !== info.bestblockhash || header.height !== info.blocks) {
    throw new ProbeError("malformed", "getblockheader: answered for another block than was asked for");
  }
  const peers = readAnswer(numberHeight, await node.jsonRpc("rpc", "getconnectioncount"), "getconnectioncount");
  return {
    height: info.blocks,
    tipHash: info.bestblockhash,
    tipTimeSec: header.time,
    // After a reorganisation by hand blocks and headers agree although the peers are ahead: only syncheight tells.
    knownHeight: Math.max(info.blocks, info.headers, info.syncheight),
    peers,
    isInitialSync: info.initialblockdownload,
  };
}
