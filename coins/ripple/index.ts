import { defineCoin, entryOf, internalPort, networkPort, noSnapshot, numberHeight, oneClient, openRpc, peerPort } from "@coinfleet/sdk";
import { privateNetwork, ProbeError, readAnswer, requireNetwork, requirePrivate, signedArchive, testNetwork } from "@coinfleet/sdk";
import type { Daemon, DaemonContext, NodeClient, SyncContext, SyncStatus } from "@coinfleet/sdk";
import { z } from "zod";

const keepLedgers = z.int().min(256).max(10_000_000).default(2000);
const options = z.strictObject({
  keepLedgers: keepLedgers
    .describe("Ledgers to keep, of about 21,600 a day: a day takes 12 GB, a month 360 GB, a year 4.5 TB.")
    .meta({ examples: [5000] }),
});

type Options = z.infer<typeof options>;

const trust = (site: string, key: string): readonly string[] => ["[validator_list_sites]", site, "[validator_list_keys]", key];

/** The network's number; on public ones also who publishes the list of validators that the server trusts, and the first peers. */
const chains = {
  mainnet: { id: 0, lines: trust("https://vl.ripple.com", "ED2677ABFFD1B33AC6FBC3062B71F1E8397C1505E1C42C64D11AD1B28FF73F4734") },
  testnet: {
    id: 1,
    lines: [
      ...["[ips]", "s.altnet.rippletest.net 51235"],
      ...trust("https://vl.altnet.rippletest.net", "ED264807102805220DA0F312E71FC2C69E1552C9C5790F6C25E3729DEB573D5860"),
    ],
  },
  standalone: { id: 21_337, lines: [] },
} as const;

function renderConfig({ networkName, network, options: { keepLedgers }, memoryMiB, dataPath }: DaemonContext<Options>): string {
  const { id, lines } = entryOf<{ readonly id: number; readonly lines: readonly string[] }>(chains, networkName);
  const listener = (role: string, protocol: string): readonly string[] => [
    ...[`[port_${role}]`, `port = ${networkPort(network, role)}`, "ip = 0.0.0.0", `protocol = ${protocol}`],
    // Only a private network's port may give orders (to close a ledger); elsewhere nobody is an administrator.
    ...(network.kind === "private" && role === "rpc" ? ["admin = 0.0.0.0"] : []),
  ];
  const isPrivate = network.kind === "private";
  return [
    ...["[server]", "port_rpc", "port_ws", ...(isPrivate ? [] : ["port_p2p"]), ...listener("rpc", "http"), ...listener("ws", "ws")],
    ...(isPrivate ? [] : listener("p2p", "peer")),
    ...["[network_id]", id, "[node_size]", memoryMiB > 32_768 ? "huge" : "small"],
    ...["[node_db]", "type = NuDB", `path = ${dataPath}/nudb`, `online_delete = ${keepLedgers}`],
    ...["[ledger_history]", keepLedgers, "[database_path]", dataPath, ...lines, ""],
  ].join("\n");
}

function daemons(ctx: DaemonContext<Options>): readonly Daemon[] {
  const isPrivate = ctx.network.kind === "private";
  const run = ["xrpld", `--conf=${ctx.filesPath}/xrpld.cfg`, "--silent", ...(isPrivate ? ["--standalone", "--start"] : [])];
  const files = { "xrpld.cfg": renderConfig(ctx) };
  const ports = isPrivate ? ["rpc", "ws"] : ["p2p", "rpc", "ws"];
  return [{ name: "xrpld", client: "xrpld", command: run, files, ports, memoryMiB: ctx.memoryMiB, stopTimeoutSec: 300 }];
}

const failed = z.object({ status: z.literal("error"), error: z.string() });
// What the server says while it has no ledger from the network yet.
const startingErrors = ["noNetwork", "noCurrent", "noClosed", "lgrNotFound", "notReady"];

/** Errors come with HTTP status 200, inside the result. */
async function call<T>(node: NodeClient, shape: z.ZodType<T>, method: string, params: Readonly<Record<string, unknown>> = {}): Promise<T> {
  const answer = await node.jsonRpc("rpc", method, [params]);
  const failure = failed.safeParse(answer).data;
  if (failure === undefined) return readAnswer(shape, answer, method);
  throw new ProbeError(startingErrors.includes(failure.error) ? "starting" : "rpc-error", `${method}: ${failure.error}`.slice(0, 300));
}

const serverInfo = z.object({
  info: z.object({ server_state: z.string(), peers: numberHeight, network_id: numberHeight, amendment_blocked: z.boolean().optional() }),
});

const ledger = z.object({
  ledger_hash: z.string().regex(/^[0-9A-F]{64}$/),
  ledger_index: numberHeight,
  validated: z.literal(true),
  ledger: z.object({ close_time: numberHeight }),
});

/** The network counts seconds from 2000. */
const epoch = 946_684_800;

async function syncCheck(node: NodeClient, { networkName }: SyncContext<Options>): Promise<SyncStatus> {
  const { info } = await call(node, serverInfo, "server_info");
  requireNetwork("network id", info.network_id, entryOf(chains, networkName).id);
  if (info.amendment_blocked === true) throw new ProbeError("rpc-error", "the network has amendments that this release does not know");
  const { ledger_index: height, ledger_hash: tipHash, ledger: header } = await call(node, ledger, "ledger", { ledger_index: "validated" });
  const isInitialSync = !["full", "validating", "proposing"].includes(info.server_state);
  return { height, tipHash, tipTimeSec: header.close_time + epoch, knownHeight: height, peers: info.peers, isInitialSync };
}

const internal = { rpc: internalPort(5005, "JSON-RPC"), ws: internalPort(6005, "WebSocket") };
const slots = {
  ports: { p2p: peerPort(51_235), ...internal },
  blockIntervalSec: 4,
  blockArrival: "slots",
  minimumTips: 2,
  settledDepth: 1,
} as const;
const data = {
  sizeGiB: 50,
  growthGiBPerYear: 0,
  source: "XRPLF/xrpl-dev-portal system-requirements.md (2026-08): the least, 2,000 ledgers kept",
};

export default defineCoin({
  id: "ripple",
  name: "XRP Ledger",
  symbol: "XRP",
  family: "xrpl",
  clients: oneClient("xrpld", {
    upstream: signedArchive({
      // Not published for arm64.
      url: { x86_64: "https://repos.ripple.com/repos/rippled-deb/pool/stable/xrpld_{version}-1_amd64.deb" },
      sha256: { "3.3.0": { x86_64: "d4e9a022741aed2eed1d70639310f90545b4592cc24b6c9aa6a37560d5efd2e0" } },
      signature: {
        ...{
          kind: "aptRepository",
          suite: "https://repos.ripple.com/repos/rippled-deb/dists/bookworm",
          packages: "stable/binary-amd64/Packages",
        },
        signers: [{ name: "TechOps Team at Ripple", fingerprint: "E057C1CF72B0DF1A4559E8577DEE9236AB06FAA6" }],
        threshold: 1,
      },
      binaries: { xrpld: "usr/bin/xrpld" },
    }),
  }),
  networks: {
    // Upstream warns that EBS is too slow for it; the AWS samples run it on 12,000 IOPS all the same.
    mainnet: {
      ...{ kind: "main", ...slots, data, memoryMiB: 61_440, instanceType: "r7i.2xlarge", tips: [] },
      volume: { iops: 12_000, throughputMiBPerSec: 500 },
    },
    testnet: testNetwork({ ...slots, data, memoryMiB: 15_360, instanceType: "m7i.xlarge" }),
    standalone: privateNetwork({ ports: internal, memoryMiB: 2048, minimumTips: 0, maximumNodes: 1 }),
  },
  options,
  ...openRpc,
  daemons,
  syncCheck,
  blockHash: async (node, height) => (await call(node, ledger, "ledger", { ledger_index: height })).ledger_hash,
  produceBlock: async (node, { network }) => {
    requirePrivate(network);
    await call(node, z.object({ ledger_current_index: numberHeight }), "ledger_accept");
  },
  snapshot: noSnapshot(["mainnet", "testnet", "standalone"], "none is needed: the server takes the newest ledgers from its peers"),
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
