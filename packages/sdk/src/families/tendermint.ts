import { z } from "zod";
import { readAnswer, requireNetwork, rfc3339Seconds, rpcAt, textHeight } from "../answers.ts";
import { assetPath, type Coin, type Daemon, type DaemonContext } from "../coin.ts";
import { networkPort } from "../network-port.ts";
import { ProbeError, type NodeClient, type SyncStatus } from "../sync-status.ts";
import type { FamilyFields } from "./family-fields.ts";
import { kvstoreFiles } from "./tendermint-kvstore.ts";

/** Options of every coin of the family. */
export const tendermintOptions = z.strictObject({
  archive: z.boolean().default(false).describe("Keep every old state: queries at any height. Many times the disk."),
  maxPeers: z.int().min(8).max(1000).default(40).describe("Most peers that call in."),
  stateSync: z
    .strictObject({
      servers: z
        .array(z.url({ protocol: /^https?$/ }))
        .min(2)
        .describe("RPC addresses of two providers that have nothing to do with each other."),
      trustHeight: z.int().positive().describe("Height that is trusted: a recent one, which both providers confirm."),
      trustHash: z
        .string()
        .regex(/^[0-9A-F]{64}$/)
        .describe("Hash of the block at that height: 64 upper-case hex digits."),
    })
    .optional()
    .describe(
      "Fetch a recent state instead of replaying every block, once, while the data directory is empty. Default: none: the data comes from an archive or an EBS snapshot that the stack file names.",
    )
    .meta({ examples: [{ servers: ["https://one.example", "https://two.example"], trustHeight: 1000, trustHash: "0".repeat(64) }] }),
});

/** What a stack file may set on a coin of the family. */
export type TendermintOptions = z.infer<typeof tendermintOptions>;

/** What the clients of the family call a network. */
export interface TendermintChain {
  readonly chainId: string;
  /** Seed nodes, `<node id>@<host>:<port>`. */
  readonly seeds?: readonly string[];
}

/** A coin of the family. A network `kvstore` among them is CometBFT's own example application, on a chain of its own. */
export interface TendermintInput<N extends string> {
  /** Binary and client name, for example `gaiad`. */
  readonly daemon: string;
  readonly chains: Readonly<Record<N, TendermintChain>>;
  /** Below this the node passes no transaction on. @example "0.025uoak" */
  readonly minimumGasPrices: string;
  /** More words of the client's command line. @default [] */
  readonly flags?: readonly string[];
}

/** The family's chain without a coin: consensus, peers and RPC of the real thing, and nothing of value on top. */
export const kvstoreChain: TendermintChain = { chainId: "coinfleet-kvstore" };

/** Chains of the Cosmos SDK: one daemon, CometBFT's RPC, no authentication. */
export function tendermint<N extends string>(
  input: TendermintInput<N>,
): Pick<Coin<N, TendermintOptions>, FamilyFields | "databaseSurvivesDowngrade"> {
  const chains: Readonly<Record<string, TendermintChain>> = input.chains;
  const chainOf = (networkName: string): TendermintChain => {
    const chain = chains[networkName];
    if (chain === undefined) throw new Error(`${input.daemon}: no chain for the network "${networkName}"`);
    return chain;
  };
  return {
    family: "tendermint",
    // A node that is no validator signs nothing; the key that the client makes for itself is worth nothing.
    keys: "none",
    logAlarm: { title: "The consensus engine has stopped", terms: ["CONSENSUS FAILURE!!!", "NEEDED at height"], severity: "page" },
    options: tendermintOptions,
    secrets: [],
    access: [{ port: "rpc", protocol: "http" }],
    daemons: (ctx) => {
      const chain = chainOf(ctx.networkName);
      return [chain === kvstoreChain ? renderKvstore(ctx) : renderDaemon(input, chain, ctx)];
    },
    syncCheck: (node, ctx) => tendermintStatus(node, chainOf(ctx.networkName), "rpc"),
    blockHash,
    // A state machine that has been upgraded at a height is not the older one's any more.
    databaseSurvivesDowngrade: false,
    produceBlock: { unsupported: "the validator makes blocks by itself, one each block interval" },
  };
}

function renderDaemon(input: TendermintInput<string>, chain: TendermintChain, ctx: DaemonContext<TendermintOptions>): Daemon {
  const { network, options, dataPath } = ctx;
  const { stateSync } = options;
  const genesis = network.assets?.["genesis.json"];
  const config = renderConfig(ctx, {
    // Without one in the image the client looks into its data directory, where an archive may have brought it.
    // Relative, because parts of the client put its home directory before whatever stands here.
    "": genesis === undefined ? {} : { genesis_file: `..${assetPath("genesis.json")}` },
    p2p: { seeds: (chain.seeds ?? []).join(",") },
    statesync:
      stateSync === undefined
        ? { enable: false }
        : {
            enable: true,
            rpc_servers: stateSync.servers.join(","),
            trust_height: stateSync.trustHeight,
            trust_hash: stateSync.trustHash,
            trust_period: "168h0m0s",
          },
  });
  return {
    ...daemonOf(input.daemon, ctx),
    command: [
      input.daemon,
      "start",
      `--home=${dataPath}`,
      `--minimum-gas-prices=${input.minimumGasPrices}`,
      `--pruning=${options.archive ? "nothing" : "default"}`,
      "--api.enable=true",
      `--api.address=tcp://0.0.0.0:${networkPort(network, "rest")}`,
      `--grpc.address=0.0.0.0:${networkPort(network, "grpc")}`,
      ...(input.flags ?? []),
    ],
    files: { "config.toml": config },
    dataFiles: { "config/config.toml": { link: "config.toml" } },
    // The SDK's upgrade module writes it in the block before which it halts the chain: the height that the client shows stays one below.
    upgradeFile: "data/upgrade-info.json",
    ports: ["p2p", "rpc", "rest", "grpc", "metrics"],
  };
}

function renderKvstore(ctx: DaemonContext<TendermintOptions>): Daemon {
  const { settings, files, dataFiles } = kvstoreFiles(ctx, kvstoreChain.chainId);
  return {
    ...daemonOf("cometbft", ctx),
    command: ["cometbft", "node", `--home=${ctx.dataPath}`],
    files: { "config.toml": renderConfig(ctx, settings), ...files },
    dataFiles: { "config/config.toml": { link: "config.toml" }, ...dataFiles },
    ports: ["p2p", "rpc", "metrics"],
  };
}

const daemonOf = (name: string, { memoryMiB, dataPath }: DaemonContext<TendermintOptions>): Omit<Daemon, "command" | "ports"> => ({
  name,
  client: name,
  // Go's soft limit: it collects harder before the container's limit kills it. Some clients look for a home directory before they read --home.
  environment: { GOMEMLIMIT: `${Math.floor(memoryMiB * 0.9)}MiB`, HOME: dataPath },
  memoryMiB,
  stopTimeoutSec: 300,
});

/** Sections of a TOML file; the one without a name comes first. */
export type TomlSections = Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;

/** What is not said here keeps the client's default. */
function renderConfig({ network, options }: DaemonContext<TendermintOptions>, more: TomlSections): string {
  const common: TomlSections = {
    "": { log_level: "info" },
    rpc: { laddr: `tcp://0.0.0.0:${networkPort(network, "rpc")}`, pprof_laddr: "" },
    p2p: { laddr: `tcp://0.0.0.0:${networkPort(network, "p2p")}`, max_num_inbound_peers: options.maxPeers },
    instrumentation: { prometheus: true, prometheus_listen_addr: `:${networkPort(network, "metrics")}` },
  };
  const names = [...new Set([...Object.keys(common), ...Object.keys(more)])];
  const lines = names.flatMap((name) => [
    ...(name === "" ? [] : [`[${name}]`]),
    // A JSON string, number or boolean is TOML's too.
    ...Object.entries({ ...common[name], ...more[name] }).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
  ]);
  return `${lines.join("\n")}\n`;
}

const upperHash = z.string().regex(/^[0-9A-F]{64}$/);

const status = z.object({
  node_info: z.object({ network: z.string() }),
  sync_info: z.object({
    latest_block_height: textHeight,
    latest_block_hash: z.string(),
    latest_block_time: z.string(),
    catching_up: z.boolean(),
  }),
});

const netInfo = z.object({ n_peers: textHeight });
const blockchain = z.object({
  block_metas: z.array(z.object({ block_id: z.object({ hash: upperHash }), header: z.object({ height: textHeight }) })).length(1),
});

const call = async <T>(node: NodeClient, shape: z.ZodType<T>, method: string, params = {}, port = "rpc"): Promise<T> =>
  readAnswer(shape, await rpcAt(node, { port, path: "/", method, params }), method);

/** What a node of the family says of itself, on its port `port`. @throws {@link ProbeError} */
export async function tendermintStatus(node: NodeClient, chain: TendermintChain, port: string): Promise<SyncStatus> {
  const { node_info: info, sync_info: sync } = await call(node, status, "status", {}, port);
  requireNetwork("chain id", info.network, chain.chainId);
  // Until the first block, or the fetched state, is there, the client prints an empty hash and the year 1.
  if (sync.latest_block_height === 0) throw new ProbeError("starting", "status: the client has no block yet");
  const { n_peers: peers } = await call(node, netInfo, "net_info", {}, port);
  return {
    height: sync.latest_block_height,
    tipHash: readAnswer(upperHash, sync.latest_block_hash, "status latest_block_hash"),
    tipTimeSec: readAnswer(rfc3339Seconds, sync.latest_block_time, "status latest_block_time"),
    // The client does not say how high its peers are.
    knownHeight: sync.latest_block_height,
    peers,
    // True only until consensus is reached once: afterwards a node that stands still is told by its tip's age.
    isInitialSync: sync.catching_up,
  };
}

async function blockHash(node: NodeClient, height: number): Promise<string> {
  const range = { minHeight: String(height), maxHeight: String(height) };
  const [meta] = (await call(node, blockchain, "blockchain", range)).block_metas;
  if (meta?.header.height !== height) throw new ProbeError("malformed", "blockchain: answered for another block than was asked for");
  return meta.block_id.hash;
}
