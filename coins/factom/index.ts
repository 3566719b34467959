import { archives, defineCoin, hash, internalPort, noSnapshot, numberHeight, oneClient, peerPort, pendingDigests } from "@coinfleet/sdk";
import { privateNetwork, ProbeError, readAnswer, readMetric, requireNetwork, rpcAt, signedArchive, testNetwork } from "@coinfleet/sdk";
import { unmeasured } from "@coinfleet/sdk";
import type { Daemon, DaemonContext, NodeClient, Port, SyncContext, SyncStatus } from "@coinfleet/sdk";
import { z } from "zod";

const options = z.strictObject({});

type Options = z.infer<typeof options>;

interface FactomChain {
  /** Flags that choose the network. */
  readonly flags: readonly string[];
  /** `networkid` of its directory blocks. Absent: none of the others'. */
  readonly networkId?: number;
}

const chains: Readonly<Record<string, FactomChain>> = {
  mainnet: { flags: ["-network=MAIN"], networkId: 0xfa92e5a2 },
  community: { flags: ["-network=CUSTOM", "-customnet=fct_community_test"] },
  local: { flags: ["-network=LOCAL", "-blktime=60"], networkId: 0xfa92e5a4 },
};

const chainOf = (networkName: string): FactomChain => {
  const chain = chains[networkName];
  if (chain === undefined) throw new Error(`factomd: no chain for the network "${networkName}"`);
  return chain;
};

const ports = (p2p: number): Readonly<Record<string, Port>> => ({
  p2p: peerPort(p2p),
  rpc: internalPort(8088, "JSON-RPC"),
  metrics: internalPort(9876, "metrics"),
});

function daemons(ctx: DaemonContext<Options>): readonly Daemon[] {
  const config = ["[app]", "FactomdRpcUser=coinfleet", `FactomdRpcPass=${ctx.secret("rpc")}`].join("\n");
  return [
    {
      name: "factomd",
      client: "factomd",
      command: ["factomd", "-sim_stdin=false", ...chainOf(ctx.networkName).flags],
      environment: { HOME: ctx.dataPath, GOMEMLIMIT: `${Math.floor(ctx.memoryMiB * 0.9)}MiB` },
      files: { "factomd.conf": `${config}\n` },
      dataFiles: { ".factom/m2/factomd.conf": { link: "factomd.conf" } },
      ports: ["p2p", "rpc", "metrics"],
      memoryMiB: ctx.memoryMiB,
      stopTimeoutSec: 300,
    },
  ];
}

const heights = z.object({
  directoryblockheight: numberHeight,
  leaderheight: numberHeight,
  entryblockheight: numberHeight,
  entryheight: numberHeight,
});

const directoryBlock = z.object({
  dblock: z.object({ header: z.object({ networkid: numberHeight, timestamp: z.int().positive(), dbheight: numberHeight }), keymr: hash }),
});

const call = async <T>(node: NodeClient, shape: z.ZodType<T>, method: string, params?: Readonly<Record<string, unknown>>): Promise<T> =>
  readAnswer(shape, await rpcAt(node, { port: "rpc", path: "/v2", method, ...(params === undefined ? {} : { params }) }), method);

async function blockAt(node: NodeClient, height: number): Promise<z.infer<typeof directoryBlock>["dblock"]> {
  const { dblock } = await call(node, directoryBlock, "dblock-by-height", { height });
  if (dblock.header.dbheight !== height)
    throw new ProbeError("malformed", "dblock-by-height: answered for another block than was asked for");
  return dblock;
}

async function syncCheck(node: NodeClient, { networkName }: SyncContext<Options>): Promise<SyncStatus> {
  const known = await call(node, heights, "heights");
  const height = known.directoryblockheight;
  const { header, keymr } = await blockAt(node, height);
  const { networkId } = chainOf(networkName);
  const others = Object.values(chains).map((chain) => chain.networkId);
  if (networkId === undefined && others.includes(header.networkid))
    throw new ProbeError("wrong-network", `network id is ${header.networkid}, which is another network's`);
  if (networkId !== undefined) requireNetwork("network id", header.networkid, networkId);
  return {
    height,
    tipHash: keymr,
    tipTimeSec: header.timestamp * 60,
    knownHeight: Math.max(height, known.leaderheight),
    peers: readMetric(await node.text("metrics", "/metrics"), "factomd_p2p_peers_online"),
    isInitialSync: known.entryheight < known.entryblockheight || known.entryblockheight < height,
  };
}

const common = { blockIntervalSec: 600, blockArrival: "slots", data: unmeasured("no source says how large it is: measure") } as const;

export default defineCoin({
  id: "factom",
  name: "Factom",
  symbol: "FCT",
  family: "factom",
  status: {
    kind: "retired",
    reason: "the chain ended at height 374000, written into its last release; the protocol goes on as Accumulate, with another client",
    since: "2022-10-31",
  },
  clients: oneClient("factomd", {
    upstream: signedArchive({
      url: archives("https://github.com/FactomProject/factomd/releases/download/v{version}/factomd-linux-{goarch}-v{version}"),
      sha256: { "6.17.1": pendingDigests("upstream publishes no checksum, and no record names the files (2022-10)") },
      signature: { kind: "none", reason: "upstream publishes neither checksums nor signatures" },
      binaries: { factomd: "factomd-linux-{goarch}-v{version}" },
    }),
  }),
  networks: {
    mainnet: {
      kind: "main",
      ports: ports(8108),
      ...common,
      memoryMiB: 14_336, // No source.
      instanceType: "m7i.xlarge",
      tips: [],
      minimumTips: 2,
      settledDepth: 6,
    },
    community: testNetwork({ ports: ports(8110), ...common }),
    local: privateNetwork({
      ports: ports(8110),
      blockIntervalSec: 60,
      blockArrival: "slots",
      memoryMiB: 1024,
      minimumTips: 0,
      maximumNodes: 1,
    }),
  },
  options,
  secrets: ["rpc"],
  access: [
    { port: "rpc", protocol: "http", auth: { user: "coinfleet", secret: "rpc" } },
    { port: "metrics", protocol: "http" },
  ],
  daemons,
  syncCheck,
  blockHash: async (node, height) => (await blockAt(node, height)).keymr,
  produceBlock: { unsupported: "the private network's leader makes a block each minute by itself" },
  snapshot: noSnapshot(["mainnet", "community", "local"], "upstream publishes none"),
  keys: "none",
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
