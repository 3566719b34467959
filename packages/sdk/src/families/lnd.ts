import { z } from "zod";
import { hash, numberHeight, readAnswer, requireNetwork, textHeight, unixSeconds } from "../answers.ts";
import type { Coin, Daemon, DaemonContext, Port } from "../coin.ts";
import { internalPort, networkPort, peerPort } from "../network-port.ts";
import { ProbeError, type NodeClient, type SyncStatus } from "../sync-status.ts";
import type { FamilyFields } from "./family-fields.ts";

/** Options of every coin of the family. */
export const lndOptions = z.strictObject({
  alias: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,30}[A-Za-z0-9]$/)
    .meta({ examples: ["an exchange"] })
    .optional()
    .describe("Name that the node shows to the network. Default: none: its public key only."),
  acceptLargeChannels: z.boolean().default(false).describe("Accept channels of up to 10 BTC."),
});

/** What a stack file may set on a coin of the family. */
export type LndOptions = z.infer<typeof lndOptions>;

/** A coin of the family. */
export interface LndInput<N extends string> {
  /** This coin's network → what the client calls it. The group that serves it runs a bitcoind of the same chain. */
  readonly chains: Readonly<Record<N, "mainnet" | "testnet4" | "signet" | "regtest">>;
  /** How long a clean stop may take. Seconds. */
  readonly stopTimeoutSec: number;
}

/** Ports of a node of the family, as the client chooses them. */
export const lndPorts: Readonly<Record<"p2p" | "grpc" | "rest", Port>> = {
  p2p: peerPort(9735),
  grpc: internalPort(10_009, "gRPC"),
  rest: internalPort(8080, "REST"),
};

/** lnd on a bitcoind of another group: REST over TLS with a certificate of its own, a macaroon in a header. */
export function lnd<N extends string>(input: LndInput<N>): Pick<Coin<N, LndOptions>, FamilyFields> {
  const chains: Readonly<Record<string, string>> = input.chains;
  const chainOf = (networkName: string): string => {
    const chain = chains[networkName];
    if (chain === undefined) throw new Error(`lnd: no chain for the network "${networkName}"`);
    return chain;
  };
  return {
    family: "lnd",
    keys: {
      what: "the wallet's seed, and the state of every channel: a node that comes back with an older state can lose all money in its channels",
    },
    options: lndOptions,
    // The macaroon is the one that the operator bakes when the wallet is made: until then the generated value opens nothing.
    secrets: ["wallet", "macaroon"],
    access: [
      { port: "rest", protocol: "https-self-signed", auth: { user: "Grpc-Metadata-macaroon", secret: "macaroon", scheme: "header" } },
    ],
    daemons: (ctx) => [renderDaemon(input, chainOf(ctx.networkName), ctx)],
    syncCheck: (node, ctx) => syncCheck(node, chainOf(ctx.networkName)),
    blockHash: async (node, height) =>
      fromBase64(
        readAnswer(blockHashAnswer, await node.http("rest", `/v2/chainkit/blockhash?block_height=${height}`), "blockhash").block_hash,
      ),
    produceBlock: { unsupported: "blocks are made by the group that serves it" },
  };
}

function renderDaemon(input: LndInput<string>, chain: string, ctx: DaemonContext<LndOptions>): Daemon {
  return {
    name: "lnd",
    client: "lnd",
    command: ["lnd", `--configfile=${ctx.filesPath}/lnd.conf`, `--lnddir=${ctx.dataPath}`],
    // Go's soft limit: it collects harder before the container's limit kills it.
    environment: { GOMEMLIMIT: `${Math.floor(ctx.memoryMiB * 0.9)}MiB` },
    files: { "lnd.conf": renderConfig(chain, ctx), "wallet.token": ctx.secret("wallet") },
    ports: ["p2p", "grpc", "rest"],
    memoryMiB: ctx.memoryMiB,
    stopTimeoutSec: input.stopTimeoutSec,
  };
}

function renderConfig(chain: string, { network, options, filesPath, server }: DaemonContext<LndOptions>): string {
  const { host, port, password } = server();
  const lines = [
    "[Application Options]",
    `listen=0.0.0.0:${networkPort(network, "p2p")}`,
    `rpclisten=0.0.0.0:${networkPort(network, "grpc")}`,
    `restlisten=0.0.0.0:${networkPort(network, "rest")}`,
    "tlsautorefresh=true",
    // The wallet is made once, by hand: its 24 words belong on paper, not on a host. Afterwards each start opens it with the generated password.
    `wallet-unlock-password-file=${filesPath}/wallet.token`,
    "wallet-unlock-allow-create=true",
    ...(options.alias === undefined ? [] : [`alias=${options.alias}`]),
    ...(network.kind === "private" ? ["nobootstrap=true"] : []),
    "[Bitcoin]",
    `bitcoin.${chain}=true`,
    "bitcoin.node=bitcoind",
    "[Bitcoind]",
    `bitcoind.rpchost=${host}:${port}`,
    "bitcoind.rpcuser=coinfleet",
    `bitcoind.rpcpass=${password}`,
    // Asks for new blocks instead of being told by ZeroMQ: one port less to open.
    "bitcoind.rpcpolling=true",
    // Between a block and its own next question the client says that it is not synced.
    "bitcoind.blockpollinginterval=1s",
    ...(options.acceptLargeChannels ? ["[protocol]", "protocol.wumbo-channels=true"] : []),
  ];
  return `${lines.join("\n")}\n`;
}

const stateAnswer = z.object({
  state: z.enum(["NON_EXISTING", "LOCKED", "UNLOCKED", "RPC_ACTIVE", "SERVER_ACTIVE", "WAITING_TO_START"]),
});

const infoAnswer = z.object({
  block_height: numberHeight,
  block_hash: hash,
  // The gateway writes 64-bit numbers as text.
  best_header_timestamp: textHeight,
  synced_to_chain: z.boolean(),
  num_peers: numberHeight,
  chains: z.tuple([z.object({ chain: z.literal("bitcoin"), network: z.string() })]),
});

const blockHashAnswer = z.object({ block_hash: z.base64() });

/** Bytes in base64, last one first, as hex: the order in which hashes are printed. */
function fromBase64(text: string): string {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).reverse();
  return readAnswer(hash, Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""), "blockhash");
}

async function syncCheck(node: NodeClient, chain: string): Promise<SyncStatus> {
  const { state } = readAnswer(stateAnswer, await node.http("rest", "/v1/state"), "state");
  if (state === "NON_EXISTING") throw new ProbeError("starting", "nobody has made the wallet yet: docs/lightning.md");
  if (state !== "SERVER_ACTIVE") throw new ProbeError("starting", `state ${state}`);
  const info = readAnswer(infoAnswer, await node.http("rest", "/v1/getinfo"), "getinfo");
  requireNetwork("network", info.chains[0].network, chain);
  return {
    height: info.block_height,
    tipHash: info.block_hash,
    tipTimeSec: readAnswer(unixSeconds, info.best_header_timestamp, "getinfo: best_header_timestamp"),
    // It knows of no block that it does not have: how far behind it is, the tips say.
    knownHeight: info.block_height,
    peers: info.num_peers,
    isInitialSync: !info.synced_to_chain,
  };
}
