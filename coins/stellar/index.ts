import { defineCoin, entryOf, hash, internalPort, networkPort, numberHeight, openRpc, peerPort, pending } from "@coinfleet/sdk";
import { privateNetwork, ProbeError, readAnswer, requireNetwork, requirePrivate, testNetwork, unmeasured } from "@coinfleet/sdk";
import type { Daemon, DaemonContext, NodeClient, SyncContext, SyncStatus } from "@coinfleet/sdk";
import { z } from "zod";

const options = z.strictObject({
  catchupLedgers: z
    .int()
    .min(64)
    .max(10_000_000)
    .default(18_000)
    .describe("Ledgers before the newest that an empty node fetches from the archives; a day is about 17,280."),
});

type Options = z.infer<typeof options>;

const numbered = (template: string): readonly string[] => ["1", "2", "3"].map((number) => template.replaceAll("#", number));
const sdf = "https://history.stellar.org/prd";

/** What signatures are over; the first peers; archives; and the nodes whose majority the node follows, which vouch for the archives' newest ledgers. */
const chains = {
  pubnet: {
    passphrase: "Public Global Stellar Network ; September 2015",
    peers: ["a", "b", "c"].map((letter) => `core-live-${letter}.stellar.org`),
    archives: numbered(`${sdf}/core-live/core_live_00#`),
    trusted: [
      "GCGB2S2KGYARPVIA37HYZXVRM2YZUEXA6S33ZU5BUDC6THSB62LZSTYH",
      "GCM6QMP3DLRPTAZW2UZPCPX2LF3SXWXKPMP3GKFZBDSF3QZGV2G5QSTK",
      "GABMKJM6I25XI4K7U6XWMULOUQIQ27BCTMLS6BYYSOWKTBUXVRJSXHYQ",
    ],
  },
  testnet: {
    passphrase: "Test SDF Network ; September 2015",
    peers: numbered("core-testnet#.stellar.org"),
    archives: numbered(`${sdf}/core-testnet/core_testnet_00#`),
    trusted: [
      "GDKXE2OZMJIPOSLNA6N6F2BVCI3O777I2OOC4BV7VOYUEHYX7RTRYA7Y",
      "GCUCJTIYXSOXKBSNFGNFWW5MUQ54HKRPGJUTQFJ5RQXZXNOLNXYDHRAP",
      "GC2V2EFSXN6SQTWVYA5EPJPBWWIMSD2XQNKUOHGEKB535AQE2I6IXV2Z",
    ],
  },
  // The seed of a node that votes alone where nothing has value.
  standalone: { passphrase: "Standalone Network ; February 2017", seed: "SBCV4MT6HNLREWUGBFVMYKWJ7TKCL3RIISWAC4UTA5NU5CPIYIZEVZYW" },
} as const;

type Chain = (typeof chains)[keyof typeof chains];

const lines = (values: object): readonly string[] => Object.entries(values).map(([key, value]) => `${key}=${JSON.stringify(value)}`);

function renderConfig({ networkName, network, options: { catchupLedgers }, dataPath }: DaemonContext<Options>): string {
  const chain = entryOf<Chain>(chains, networkName);
  const common = {
    NETWORK_PASSPHRASE: chain.passphrase,
    DATABASE: `sqlite3://${dataPath}/stellar.db`,
    BUCKET_DIR_PATH: `${dataPath}/buckets`,
    ...{ LOG_FILE_PATH: "", HTTP_PORT: networkPort(network, "rpc"), PUBLIC_HTTP_PORT: true },
    // Few nodes decide here, and fewer than the client thinks right.
    UNSAFE_QUORUM: true,
  };
  if ("seed" in chain) {
    const alone = { RUN_STANDALONE: true, NODE_IS_VALIDATOR: true, MANUAL_CLOSE: true, FAILURE_SAFETY: 0, NODE_SEED: `${chain.seed} self` };
    return [...lines({ ...common, ...alone }), "[QUORUM_SET]", ...lines({ VALIDATORS: ["$self"] }), ""].join("\n");
  }
  const follows = {
    PEER_PORT: networkPort(network, "p2p"),
    KNOWN_PEERS: chain.peers,
    CATCHUP_COMPLETE: false,
    CATCHUP_RECENT: catchupLedgers,
  };
  return [
    ...lines({ ...common, ...follows }),
    ...chain.archives.flatMap((url, index) => [`[HISTORY.archive${index + 1}]`, ...lines({ get: `curl -sf ${url}/{0} -o {1}` })]),
    ...["[QUORUM_SET]", ...lines({ THRESHOLD_PERCENT: 51, VALIDATORS: chain.trusted }), ""],
  ].join("\n");
}

function daemons(ctx: DaemonContext<Options>): readonly Daemon[] {
  const name = "stellar-core";
  const run = (word: string): readonly string[] => [name, `--conf=${ctx.filesPath}/stellar-core.toml`, word];
  const firstStart = { creates: "stellar.db", commands: [run("new-db")] };
  const files = { "stellar-core.toml": renderConfig(ctx) };
  const { memoryMiB, network } = ctx;
  return [
    { name, client: name, command: run("run"), firstStart, files, ports: Object.keys(network.ports), memoryMiB, stopTimeoutSec: 120 },
  ];
}

const ledger = z.object({ num: numberHeight, hash, closeTime: numberHeight });
const peers = z.object({ authenticated_count: numberHeight });
const info = z.object({ info: z.object({ state: z.string(), network: z.string(), ledger, peers }) });

async function syncCheck(node: NodeClient, { networkName }: SyncContext<Options>): Promise<SyncStatus> {
  const said = readAnswer(info, await node.http("rpc", "/info"), "/info").info;
  const { state, ledger: newest } = said;
  requireNetwork("network", said.network, entryOf(chains, networkName).passphrase);
  if (state === "Booting" || state === "Stopping") throw new ProbeError("starting", `the client says "${state}"`);
  const tip = { height: newest.num, tipHash: newest.hash, tipTimeSec: newest.closeTime, knownHeight: newest.num };
  return { ...tip, peers: said.peers.authenticated_count, isInitialSync: state !== "Synced!" };
}

const archives = { kind: "client", how: "stellar-core takes the newest state from the history archives and verifies it" } as const;
const http = internalPort(11_626, "HTTP, also the administrator's: never open it to others");
const ports = { p2p: peerPort(11_625), rpc: http };
const slots = { ports, blockIntervalSec: 5, blockArrival: "slots", minimumTips: 2, settledDepth: 1 } as const;
const digests = { "27.1.0": pending("no record of upstream's names the image's digest (2026-11)") };
const binaries = { "stellar-core": "/usr/bin/stellar-core" };

export default defineCoin({
  id: "stellar",
  name: "Stellar",
  symbol: "XLM",
  family: "stellar",
  // Its packages are for Ubuntu; the binary in this image is the one of the signed package.
  clients: {
    "stellar-core": {
      sources: { upstream: { kind: "ociImage", version: "27.1.0", repository: "docker.io/stellar/stellar-core", digests, binaries } },
      runtimePackages: ["ca-certificates", "curl", "libpq5", "libsqlite3-0", "libunwind8"],
    },
  },
  networks: {
    pubnet: {
      ...{ kind: "main", ...slots, memoryMiB: 15_360, instanceType: "c7i.2xlarge", volume: { iops: 10_000, throughputMiBPerSec: 250 } },
      data: { sizeGiB: 100, growthGiBPerYear: pending("no source"), source: "stellar/stellar-docs prerequisites.mdx (2024-04)" },
      tips: [{ name: "horizon.stellar.org", url: "https://horizon.stellar.org/", height: "core_latest_ledger" }],
    },
    testnet: testNetwork({ ...slots, data: unmeasured("no source says how large it is: measure") }),
    standalone: privateNetwork({ ports: { rpc: http }, memoryMiB: 1024, minimumTips: 0, maximumNodes: 1 }),
  },
  options,
  ...openRpc,
  daemons,
  syncCheck,
  blockHash: () => Promise.reject(new ProbeError("rpc-error", "the client tells of no ledger but the newest")),
  produceBlock: async (node, { network }) => {
    requirePrivate(network);
    const said = await node.text("rpc", "/manualclose");
    if (!said.includes("ledger close")) throw new ProbeError("malformed", "/manualclose: the client does not say that it closes a ledger");
  },
  snapshot: { pubnet: archives, testnet: archives, standalone: { kind: "none", reason: "a private network starts empty" } },
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
