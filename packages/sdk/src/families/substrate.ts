import { z } from "zod";
import { hexHash, hexHeight, numberHeight, readRpc, refuseNetworks, requireNetwork } from "../answers.ts";
import type { Client, Coin, Daemon, DaemonContext, Port, SyncContext } from "../coin.ts";
import { internalPort, networkPort, peerPort } from "../network-port.ts";
import { entryOf } from "../entry-of.ts";
import { bareBinaries, signedBy, type BareBinaries, type CargoCrates, type Signer } from "../release.ts";
import { ProbeError, type NodeClient, type SyncStatus } from "../sync-status.ts";
import type { FamilyFields } from "./family-fields.ts";

/** Options of every coin of the family. */
export const substrateOptions = z.strictObject({
  archive: z
    .boolean()
    .default(false)
    .describe(
      "Keep the state of every block, and sync from genesis for it: several times the disk, and days. Cannot be changed on a volume with data.",
    ),
  maxPeers: z.int().min(8).max(1000).default(32).describe("Most peers in, and the same number out."),
});

/** What a stack file may set on a coin of the family. */
export type SubstrateOptions = z.infer<typeof substrateOptions>;

/** What the clients of the family call a network. */
export interface SubstrateChain {
  /** Client that runs it, whose binary has the same name. */
  readonly client: string;
  /** Name of a chain specification that the client carries. */
  readonly chain: string;
  /** Hash of block 0, where it is the same on every start of the network. */
  readonly genesis?: string;
  /** The chain that this one is secured by, which a second node in the same process follows. */
  readonly relay?: string;
}

/** Ports of a node of the family, as its clients choose them. */
export const substratePorts: Readonly<Record<"p2p" | "rpc" | "metrics", Port>> = {
  p2p: peerPort(30333),
  rpc: internalPort(9944, "JSON-RPC over HTTP and WebSocket"),
  metrics: internalPort(9615, "metrics"),
};

/** Ports of a node that follows the chain by which its own is secured as well. */
export const parachainPorts: Readonly<Record<string, Port>> = {
  ...substratePorts,
  "relay-p2p": peerPort(30334, "peers of the relay chain"),
};

/** Most blocks that finality may be behind the best block: five minutes of a block every 6 s. Normal are two or three. */
const maximumFinalityLag = 50;

/** Where the runtime keeps the time of the block: the hashes of "Timestamp" and "Now". */
const timestampKey = "0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb";

/** Substrate's node: one binary for every chain whose specification it carries. */
export function substrate<N extends string>(input: Readonly<Record<N, SubstrateChain>>): Pick<Coin<N, SubstrateOptions>, FamilyFields> {
  const chains: Readonly<Record<string, SubstrateChain>> = input;
  return {
    family: "substrate",
    // Only validators have keys that matter; a full node's network identity is made again.
    keys: "none",
    options: substrateOptions,
    secrets: [],
    access: [{ port: "rpc", protocol: "http" }],
    daemons: (ctx) => [renderDaemon(entryOf(chains, ctx.networkName), ctx)],
    syncCheck: (node, ctx) => syncCheck(node, chains, ctx),
    blockHash: (node, height) => readRpc(node, hexHash, "chain_getBlockHash", [height]),
    produceBlock: { unsupported: "the client makes blocks by itself on its private network, one each block interval" },
  };
}

function renderDaemon({ client, chain, relay }: SubstrateChain, ctx: DaemonContext<SubstrateOptions>): Daemon {
  const { network, options, memoryMiB } = ctx;
  const isPrivate = network.kind === "private";
  const sync = options.archive ? ["--state-pruning=archive", "--blocks-pruning=archive"] : ["--sync=warp"];
  return {
    name: client,
    client,
    command: [
      client,
      `--chain=${chain}`,
      `--base-path=${ctx.dataPath}`,
      // A validator, which a private network's node is, must say twice that its RPC is reachable. The methods are the safe ones all the same.
      isPrivate ? "--unsafe-rpc-external" : "--rpc-external",
      `--rpc-port=${networkPort(network, "rpc")}`,
      "--rpc-methods=safe",
      "--rpc-cors=all",
      "--prometheus-external",
      `--prometheus-port=${networkPort(network, "metrics")}`,
      `--port=${networkPort(network, "p2p")}`,
      "--no-telemetry",
      "--no-hardware-benchmarks",
      ...(isPrivate ? ["--dev"] : [`--in-peers=${options.maxPeers}`, `--out-peers=${options.maxPeers}`, ...sync]),
      ...(relay === undefined ? [] : ["--", `--chain=${relay}`, `--port=${networkPort(network, "relay-p2p")}`, "--sync=warp"]),
    ],
    ports: ["p2p", ...(relay === undefined ? [] : ["relay-p2p"]), "rpc", "metrics"],
    memoryMiB,
    stopTimeoutSec: 300,
  };
}

const health = z.object({ peers: numberHeight, isSyncing: z.boolean(), shouldHavePeers: z.boolean() });
const syncState = z.object({ currentBlock: numberHeight, highestBlock: numberHeight });
const header = z.object({ number: hexHeight });

/** Milliseconds as the runtime stores them: eight bytes, the lowest first. */
const storedTime = z
  .string()
  .regex(/^0x[0-9a-f]{16}$/)
  .transform((text) => Number(Buffer.from(text.slice(2), "hex").readBigUInt64LE() / 1000n))
  .pipe(z.int().positive());

async function syncCheck(
  node: NodeClient,
  chains: Readonly<Record<string, SubstrateChain>>,
  { networkName, network }: SyncContext<unknown>,
): Promise<SyncStatus> {
  const { genesis } = entryOf(chains, networkName);
  const first = await readRpc(node, hexHash, "chain_getBlockHash", [0]);
  const known = Object.values(chains).flatMap((chain) => chain.genesis ?? []);
  if (genesis === undefined) refuseNetworks("block 0", first, known);
  else requireNetwork("block 0", first, genesis);
  const { peers, isSyncing } = await readRpc(node, health, "system_health");
  const { highestBlock } = await readRpc(node, syncState, "system_syncState");
  const { number: height } = await readRpc(node, header, "chain_getHeader");
  const finalizedHash = await readRpc(node, hexHash, "chain_getFinalizedHead");
  const { number: finalized } = await readRpc(node, header, "chain_getHeader", [finalizedHash]);
  if (!isSyncing && height - finalized > maximumFinalityLag)
    throw new ProbeError("rpc-error", `finality is ${height - finalized} blocks behind the best block`);
  const tipHash = await readRpc(node, hexHash, "chain_getBlockHash", [height]);
  // Block 0 has no time, and a node that warps has no other block until it has the state.
  const tipTimeSec = height === 0 ? 0 : await readRpc(node, storedTime, "state_getStorage", [timestampKey, tipHash]);
  return {
    height,
    tipHash,
    tipTimeSec,
    knownHeight: Math.max(height, highestBlock),
    peers,
    isInitialSync: isSyncing || (height === 0 && network.kind !== "private"),
  };
}

/** A release of the family: bare binaries for x86_64, each with its own signature. */
export interface SubstrateRelease extends Pick<BareBinaries, "from" | "version" | "sha256"> {
  readonly signer: Signer;
  /** Client, whose binary has the same name → the other binaries that it starts, which must lie beside it. */
  readonly clients: Readonly<Record<string, readonly string[]>>;
  /** Client → its crate, as a second source. @default - none */
  readonly crates?: Readonly<Record<string, CargoCrates>>;
}

/** The clients of one release. A digest that `sha256` does not name is pending. */
export function substrateClients({
  from,
  version,
  sha256,
  signer,
  clients,
  crates = {},
}: SubstrateRelease): Readonly<Record<string, Client>> {
  const client = (name: string, workers: readonly string[]): Client => ({
    sources: {
      upstream: bareBinaries({
        version,
        from,
        architecture: "x86_64",
        names: [name, ...workers],
        sha256,
        missing: "no record of upstream's names it",
        signature: signedBy(signer),
      }),
      ...(crates[name] === undefined ? {} : { crates: crates[name] }),
    },
  });
  return Object.fromEntries(Object.entries(clients).map(([name, workers]) => [name, client(name, workers)]));
}
