import { z } from "zod";
import { hash, numberHeight, readAnswer, requireNetwork, unixSeconds } from "../answers.ts";
import type { Coin, Daemon, DaemonContext, Port, SyncContext } from "../coin.ts";
import { networkPort, peersAndRpc, zmqPort } from "../network-port.ts";
import { requirePrivate } from "./require-private.ts";
import { ProbeError, type NodeClient, type SyncStatus } from "../sync-status.ts";
import type { FamilyFields } from "./family-fields.ts";

/** Options of every coin of the family. */
export const bitcoinRpcOptions = z.strictObject({
  txindex: z
    .boolean()
    .default(true)
    .describe("Index of all transactions: `getrawtransaction` for any of them. Costs disk and a rescan when it is turned on later."),
  maxConnections: z.int().min(8).max(1000).default(125).describe("Most peers at once. Each costs memory and traffic."),
});

/** What a stack file may set on a coin of the family. */
export type BitcoinRpcOptions = z.infer<typeof bitcoinRpcOptions>;

/** How the configuration file chooses each chain. All releases know these switches; `chain=` only the newer ones. */
const chainSwitches = {
  main: [],
  test: ["testnet=1"],
  testnet4: ["testnet4=1"],
  test4: ["testnet4=1"],
  signet: ["signet=1"],
  regtest: ["regtest=1"],
} as const;

/** What the clients of the family call a network. */
export interface BitcoinChain {
  /** `getblockchaininfo`'s `chain`, and the section of the configuration file. */
  readonly chain: keyof typeof chainSwitches;
  /** Hash of block 0, where it is known: tells coins apart that use the same chain name. */
  readonly genesis?: string;
  /**
   * A block that this coin has for itself, where it shares its first ones with others: at the height of the last chain split or above. Below it nobody
   * can tell the coins apart, so that a node is in its initial sync until it has come there.
   */
  readonly split?: { readonly height: number; readonly hash: string };
  /** More lines of the configuration file. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A coin of the family. */
export interface BitcoinRpcInput<N extends string> {
  /** Binary and client name, for example `litecoind`. */
  readonly daemon: string;
  readonly chains: Readonly<Record<N, BitcoinChain>>;
  /**
   * Minor version of the Bitcoin Core 0.x that the client has grown from, where that is older than 0.20. Before 0.17 its configuration file has
   * no sections, before 0.18 `initialblockdownload` may be missing, and before 0.20 it knows no descriptors. @default 20
   */
  readonly core?: 14 | 15 | 17 | 19 | 20;
  /** How long a clean stop may take: the client flushes its cache. Seconds. @default 600 */
  readonly stopTimeoutSec?: number;
}

/** What the clients of the family tell subscribers by ZMQ. All on one port: a subscriber names the topics that it wants. */
const topics = ["hashblock", "hashtx", "rawblock", "rawtx"];

/** Ports of a network of the family, for a client that was built with ZMQ. It has no port of its own; 28332 is what its users agree on. */
export const bitcoinPorts = (p2p: number, rpc: number, zmq = 28332): Readonly<Record<"p2p" | "rpc" | "zmq", Port>> => ({
  ...peersAndRpc(p2p, rpc),
  zmq: zmqPort(zmq),
});

/** Bitcoin Core and its descendants: one daemon, `getblockchaininfo`, HTTP basic authentication. */
export function bitcoinRpc<N extends string>(input: BitcoinRpcInput<N>): Pick<Coin<N, BitcoinRpcOptions>, FamilyFields> {
  const chains: Readonly<Record<string, BitcoinChain>> = input.chains;
  const chainOf = (networkName: string): BitcoinChain => {
    const chain = chains[networkName];
    if (chain === undefined) throw new Error(`${input.daemon}: no chain for the network "${networkName}"`);
    return chain;
  };
  return {
    family: "bitcoin-rpc",
    // The wallet is off or another program.
    keys: "none",
    logAlarm: {
      title: "The client has met an error that it cannot go on with",
      terms: ["A fatal internal error occurred", "Failed to connect best block", "Disk space is too low"],
      severity: "page",
    },
    options: bitcoinRpcOptions,
    secrets: ["rpc"],
    access: [{ port: "rpc", protocol: "http", auth: { user: "coinfleet", secret: "rpc" } }],
    daemons: (ctx) => [renderDaemon(input, chainOf(ctx.networkName), ctx)],
    syncCheck: (node, ctx) => syncCheck(node, chainOf(ctx.networkName), input.core ?? 20),
    blockHash: async (node, height) => readAnswer(hash, await call(node, "getblockhash", [height]), "getblockhash"),
    produceBlock: (node, ctx) => produceBlock(node, ctx, input.core ?? 20),
  };
}

function renderDaemon(input: BitcoinRpcInput<string>, chain: BitcoinChain, ctx: DaemonContext<BitcoinRpcOptions>): Daemon {
  const config = `${input.daemon}.conf`;
  return {
    name: input.daemon,
    client: input.daemon,
    command: [input.daemon, `-conf=${ctx.filesPath}/${config}`, `-datadir=${ctx.dataPath}`],
    files: { [config]: renderConfig(input, chain, ctx) },
    ports: ["p2p", "rpc", ...("zmq" in ctx.network.ports ? ["zmq"] : [])],
    memoryMiB: ctx.memoryMiB,
    stopTimeoutSec: input.stopTimeoutSec ?? 600,
  };
}

function renderConfig(
  { core = 20 }: BitcoinRpcInput<string>,
  chain: BitcoinChain,
  { network, options, siblings, memoryMiB, secret }: DaemonContext<BitcoinRpcOptions>,
): string {
  const lines = [
    ...chainSwitches[chain.chain],
    "server=1",
    "printtoconsole=1",
    "debuglogfile=0",
    // No wallet: nothing in the data directory is worth stealing or irreplaceable.
    "disablewallet=1",
    "listenonion=0",
    "upnp=0",
    `txindex=${options.txindex ? 1 : 0}`,
    `maxconnections=${options.maxConnections}`,
    `dbcache=${dbcacheMiB(memoryMiB)}`,
    "rpcuser=coinfleet",
    `rpcpassword=${secret("rpc")}`,
    ...Object.entries(chain.settings ?? {}).map(([key, value]) => `${key}=${value}`),
    ...(network.kind === "private" ? ["dnsseed=0"] : []),
    // Core ignores these outside the chain's section on any network but the main one, and before 0.17 inside of any.
    ...(core < 17 ? [] : [`[${chain.chain}]`]),
    "bind=0.0.0.0",
    `port=${networkPort(network, "p2p")}`,
    "rpcbind=0.0.0.0",
    "rpcallowip=0.0.0.0/0",
    `rpcport=${networkPort(network, "rpc")}`,
    ...("zmq" in network.ports ? topics.map((topic) => `zmqpub${topic}=tcp://0.0.0.0:${networkPort(network, "zmq")}`) : []),
    // A name that does not resolve yet is tried again each minute, so the nodes of a group may start in any order.
    ...siblings.map((name) => `addnode=${name}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** A quarter for the cache of unspent outputs: the rest of the client needs about as much again while it flushes. */
function dbcacheMiB(memoryMiB: number): number {
  return Math.min(4096, Math.max(64, Math.floor(memoryMiB / 4)));
}

/** JSON-RPC error code of a client that is still loading its block index. */
const inWarmUp = -28;

async function call(node: NodeClient, method: string, params: readonly unknown[] = []): Promise<unknown> {
  try {
    return await node.jsonRpc("rpc", method, params);
  } catch (error) {
    if (error instanceof ProbeError && error.code === inWarmUp) throw new ProbeError("starting", error.message, error.code);
    throw error;
  }
}

const chainInfo = z.object({
  chain: z.string(),
  blocks: numberHeight,
  headers: numberHeight,
  bestblockhash: hash,
  initialblockdownload: z.boolean(),
});

/** As far as a client without `initialblockdownload` can tell: it estimates how many of all transactions it has. */
const oldChainInfo = z
  .object({ ...chainInfo.shape, initialblockdownload: z.boolean().optional(), verificationprogress: z.number().nonnegative() })
  .transform(({ verificationprogress, initialblockdownload, ...rest }) => ({
    ...rest,
    initialblockdownload: initialblockdownload ?? verificationprogress <= 0.9999,
  }));

const blockHeader = z.object({ hash, height: numberHeight, time: unixSeconds });

async function syncCheck(node: NodeClient, chain: BitcoinChain, core: number): Promise<SyncStatus> {
  const info = readAnswer(core < 18 ? oldChainInfo : chainInfo, await call(node, "getblockchaininfo"), "getblockchaininfo");
  requireNetwork("chain", info.chain, chain.chain);
  const { genesis, split } = chain;
  for (const known of [...(genesis === undefined ? [] : [{ height: 0, hash: genesis }]), ...(split === undefined ? [] : [split])]) {
    if (known.height > info.blocks) continue;
    const found = readAnswer(hash, await call(node, "getblockhash", [known.height]), `getblockhash ${known.height}`);
    requireNetwork(`block ${known.height}`, found, known.hash);
  }
  const header = readAnswer(blockHeader, await call(node, "getblockheader", [info.bestblockhash]), "getblockheader");
  if (header.hash !== info.bestblockhash || header.height !== info.blocks) {
    throw new ProbeError("malformed", "getblockheader: answered for another block than was asked for");
  }
  const peers = readAnswer(numberHeight, await call(node, "getconnectioncount"), "getconnectioncount");
  return {
    height: info.blocks,
    tipHash: info.bestblockhash,
    tipTimeSec: header.time,
    knownHeight: Math.max(info.blocks, info.headers),
    peers,
    isInitialSync: info.initialblockdownload || (split !== undefined && info.blocks < split.height),
  };
}

/** Two ways to say an output that anybody may spend: no key, no wallet, and worth nothing on a private network. */
const anyoneCanSpend = { descriptor: "raw(51)#8lvh9jxk", address: "2ND8PB9RrfCaAcjfjP1Y6nAgFd9zWHYX4DN" } as const;

async function produceBlock(node: NodeClient, ctx: SyncContext<unknown>, core: number): Promise<void> {
  requirePrivate(ctx.network);
  const [method, receiver] =
    core < 20 ? (["generatetoaddress", anyoneCanSpend.address] as const) : (["generatetodescriptor", anyoneCanSpend.descriptor] as const);
  const hashes = readAnswer(z.array(hash), await call(node, method, [1, receiver]), method);
  if (hashes.length !== 1) throw new ProbeError("malformed", `${method}: made no block`);
}
