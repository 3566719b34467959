import { archives, defineCoin, finalSlots, internalPort, localPort, networkPort, noSnapshot, numberHeight } from "@coinfleet/sdk";
import { oneClient, pending, pendingDigests, ProbeError, readAnswer, readMetric, requireNetwork, signedArchive } from "@coinfleet/sdk";
import { testNetwork, unixSeconds } from "@coinfleet/sdk";
import type { Daemon, DaemonContext, NodeClient, SyncContext, SyncStatus } from "@coinfleet/sdk";
import { z } from "zod";

const options = z.strictObject({
  archive: z.boolean().default(false).describe("Keep every block. About a hundred times the disk, and no fast catch-up."),
});

type Options = z.infer<typeof options>;

const genesisHashes: Readonly<Record<string, string>> = {
  mainnet: "wGHE2Pwdvd7S12BL5FaOP20EGYesN73ktiC1qzkkit8=",
  testnet: "SGO1GKSzyE7IEPItTxCByw9x8FmnrCDexi9/cOUJOiI=",
};

const ports = { rpc: internalPort(8080, "REST API"), p2p: localPort(4160, "gossip, which only relays listen for") };

function daemons(ctx: DaemonContext<Options>): readonly Daemon[] {
  const settings = { EndpointAddress: `0.0.0.0:${networkPort(ctx.network, "rpc")}`, Archival: ctx.options.archive, LogSizeLimit: 0 };
  const secrets = { "algod.token": ctx.secret("rpc"), "algod.admin.token": ctx.secret("admin") };
  const files = { "config.json": `${JSON.stringify(settings)}\n`, ...secrets };
  return [
    {
      name: "algod",
      client: "algod",
      command: [
        "algod",
        "-o",
        "-t",
        "false",
        "-d",
        ctx.dataPath,
        "-g",
        `/usr/local/share/algorand-genesis/${ctx.networkName}/genesis.json`,
      ],
      environment: { GOMEMLIMIT: `${Math.floor(ctx.memoryMiB * 0.9)}MiB`, HOME: ctx.dataPath },
      files,
      // Where the client looks for them, and makes tokens of its own when it finds none.
      dataFiles: Object.fromEntries(Object.keys(files).map((name) => [name, { link: name }])),
      ports: ["rpc", "p2p"],
      memoryMiB: ctx.memoryMiB,
      stopTimeoutSec: 300,
    },
  ];
}

const status = z.object({
  "last-round": numberHeight,
  // Nanoseconds: whole ones above 2^53 are 104 days and no longer exact.
  "catchup-time": z.number().nonnegative(),
  catchpoint: z.string().optional(),
  "stopped-at-unsupported-round": z.boolean(),
});

const header = z.object({ block: z.object({ gh: z.string(), rnd: numberHeight, ts: unixSeconds }) });
const hashAnswer = z.object({ blockHash: z.string().regex(/^[A-Z2-7]{52}$/) });

const get = async <T>(node: NodeClient, shape: z.ZodType<T>, path: string): Promise<T> =>
  readAnswer(shape, await node.http("rpc", path), path);

async function syncCheck(node: NodeClient, { networkName }: SyncContext<Options>): Promise<SyncStatus> {
  const state = await get(node, status, "/v2/status");
  const height = state["last-round"];
  if (height === 0) throw new ProbeError("starting", "/v2/status: no round yet");
  const { block } = await get(node, header, `/v2/blocks/${height}?header-only=true`);
  requireNetwork("genesis hash", block.gh, genesisHashes[networkName] ?? "");
  if (block.rnd !== height) throw new ProbeError("malformed", "/v2/blocks: answered for another round than was asked for");
  if (state["stopped-at-unsupported-round"]) {
    throw new ProbeError("rpc-error", "/v2/status: stopped at a round whose protocol this release does not know: upgrade");
  }
  return {
    height,
    tipHash: await blockHash(node, height),
    tipTimeSec: block.ts,
    knownHeight: height,
    peers: peersOf(await node.text("rpc", "/metrics")),
    isInitialSync: state["catchup-time"] > 0 || (state.catchpoint ?? "") !== "",
  };
}

/** The client prints a gauge only once it has been set: in a whole page of its metrics, none means that it never had a connection. */
function peersOf(page: string): number {
  readMetric(page, "algod_ledger_round");
  const gauges = ["algod_network_incoming_connections", "algod_network_outgoing_connections"];
  return gauges.reduce((sum, name) => sum + (page.includes(`\n${name}{`) ? readMetric(page, name) : 0), 0);
}

const blockHash = async (node: NodeClient, height: number): Promise<string> =>
  (await get(node, hashAnswer, `/v2/blocks/${height}/hash`)).blockHash;

const common = { ...finalSlots(2.82), ports, memoryMiB: 7168, instanceType: "m7i.large" };
const s3 = "https://algorand-releases.s3.amazonaws.com/channel/stable";

export default defineCoin({
  id: "algorand",
  name: "Algorand",
  symbol: "ALGO",
  family: "algorand",
  clients: oneClient("algod", {
    upstream: signedArchive({
      url: archives(`${s3}/node_stable_linux-{goarch}_{version}.tar.gz`),
      sha256: { "5.0.1": pendingDigests("no record names them, nor the fingerprint of dev@algorand.com's key (2026-09)") },
      signature: { kind: "detached", url: "{url}.sig", signers: [], threshold: 1 },
      binaries: { algod: "bin/algod" },
      folders: { "algorand-genesis": "genesis" },
    }),
  }),
  networks: {
    mainnet: {
      kind: "main",
      ...common,
      data: { sizeGiB: 20, growthGiBPerYear: pending("no source"), source: "algorandfoundation/devportal types.mdx (2023-09), no archive" },
      tips: [],
    },
    testnet: testNetwork(common),
  },
  options,
  secrets: ["rpc", "admin"],
  access: [{ port: "rpc", protocol: "http", auth: { user: "X-Algo-API-Token", secret: "rpc", scheme: "header" } }],
  daemons,
  syncCheck,
  blockHash,
  produceBlock: { unsupported: "no private network is declared: the client makes one from a template, with keys, before its first start" },
  snapshot: noSnapshot(
    ["mainnet", "testnet"],
    "fast catch-up is asked of a running node, POST /v2/catchup/<label>, by whoever trusts the label",
  ),
  // A node that takes part in consensus would hold participation keys; none are made here.
  keys: "none",
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
