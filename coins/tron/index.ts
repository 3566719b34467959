import { defineCoin, entryOf, hash, internalPort, networkPort, noSnapshot, numberHeight, openRpc, peerPort } from "@coinfleet/sdk";
import { pending, privateNetwork, ProbeError, readAnswer, requireNetwork, signedArchive } from "@coinfleet/sdk";
import type { Daemon, DaemonContext, NodeClient, SyncContext, SyncStatus } from "@coinfleet/sdk";
import { z } from "zod";

/** `node.p2p.version` tells networks apart. The main network's configuration is built into the client. */
const chains = {
  mainnet: { p2pVersion: "11111", genesis: "00000000000000001ebf88508a03865c71d452e25f4d51194196a1d22b6653dc" },
  private: { p2pVersion: "333" },
} as const;

/** Witness of the private network, and its key: both from upstream's own example, where nothing has value. */
const witness = { address: "TPL66VK2gCXNCD7EJg9pgJRfqcRazjhUZY", key: "da146374a75310b9666e834ee4ad0866d6f4035967bfc76217c5a495fff9f0d0" };

/** JSON, which the client's configuration language contains. */
function renderConfig({ network }: DaemonContext<unknown>): string {
  const zion = { accountName: "Zion", accountType: "AssetIssue", address: witness.address, balance: "99000000000000000" };
  const first = { address: witness.address, url: "http://witness.invalid", voteCount: 100 };
  return JSON.stringify({
    net: { type: "mainnet" },
    storage: { db: { engine: "ROCKSDB", sync: false, directory: "database" }, index: { directory: "index" }, needToUpdateAsset: true },
    node: {
      discovery: { enable: false, persist: false },
      listen: { port: networkPort(network, "p2p") },
      p2p: { version: Number(chains.private.p2pVersion) },
      http: { fullNodeEnable: true, fullNodePort: networkPort(network, "rpc"), solidityEnable: false },
      rpc: { enable: false },
      minParticipationRate: 0,
    },
    seed: { node: { ip: { list: [] } } },
    genesis: { block: { assets: [zion], witnesses: [first], timestamp: "0", parentHash: `0x${"0".repeat(64)}` } },
    localwitness: [witness.key],
    block: { needSyncCheck: false, maintenanceTimeInterval: 21_600_000, proposalExpireTime: 259_200_000 },
  });
}

function daemons(ctx: DaemonContext<unknown>): readonly Daemon[] {
  const isPrivate = ctx.network.kind === "private";
  const heap = Math.floor(ctx.memoryMiB * 0.6);
  const java = ["java", `-Xms${heap}m`, `-Xmx${heap}m`, "-XX:+ExitOnOutOfMemoryError", "-jar", "/usr/local/bin/FullNode.jar"];
  const own = isPrivate ? ["--witness", "-c", `${ctx.filesPath}/tron.json`] : [];
  return [
    {
      name: "java-tron",
      client: "java-tron",
      command: [...java, "-d", `${ctx.dataPath}/output-directory`, ...own],
      ...(isPrivate ? { files: { "tron.json": renderConfig(ctx) } } : {}),
      // Its database is a native library, which Java unpacks before it can load it.
      unpacksLibraries: true,
      ports: Object.keys(ctx.network.ports),
      memoryMiB: ctx.memoryMiB,
      // A database that was killed may be lost.
      stopTimeoutSec: 600,
    },
  ];
}

const call = async <T>(node: NodeClient, shape: z.ZodType<T>, path: string, body: Readonly<Record<string, unknown>> = {}): Promise<T> =>
  readAnswer(shape, await node.http("rpc", path, body), path);

const block = z.object({
  blockID: hash,
  // Absent in block 0.
  block_header: z.object({ raw_data: z.object({ number: numberHeight.optional(), timestamp: numberHeight.optional() }) }),
});

const nodeInfo = z.object({ currentConnectCount: numberHeight, configNodeInfo: z.object({ p2pVersion: z.string() }) });

async function syncCheck(node: NodeClient, { networkName }: SyncContext<unknown>): Promise<SyncStatus> {
  const { p2pVersion, genesis } = entryOf<{ readonly p2pVersion: string; readonly genesis?: string }>(chains, networkName);
  const info = await call(node, nodeInfo, "/wallet/getnodeinfo");
  requireNetwork("p2p version", info.configNodeInfo.p2pVersion, p2pVersion);
  if (genesis !== undefined) requireNetwork("block 0", (await call(node, block, "/wallet/getblockbynum", { num: 0 })).blockID, genesis);
  const { blockID, block_header: header } = await call(node, block, "/wallet/getnowblock");
  const { number: height = 0, timestamp = 0 } = header.raw_data;
  // The client leaves out what is zero. Only block 0 has the number 0, with which its id begins.
  if (height === 0 && !blockID.startsWith("0".repeat(16))) throw new ProbeError("malformed", "/wallet/getnowblock: no number");
  if (height > 0 && timestamp === 0) throw new ProbeError("malformed", "/wallet/getnowblock: no timestamp");
  const isInitialSync = genesis !== undefined && height === 0;
  // The client has no word for "catching up": the age of its tip, and the tips of others, tell.
  const tip = { height, tipHash: blockID, tipTimeSec: Math.floor(timestamp / 1000), knownHeight: height };
  return { ...tip, peers: info.currentConnectCount, isInitialSync };
}

const signer = { name: "TRON build", fingerprint: "1254F859D2B1BD9F66E7107DF859BCB44A28290B" };
const ports = { p2p: peerPort(18_888), rpc: internalPort(8090, "HTTP API") };
const slots = { blockIntervalSec: 3, blockArrival: "slots" } as const;
const size = {
  sizeGiB: 3000,
  growthGiBPerYear: pending("no source"),
  source: "tronprotocol/documentation-en installing_javatron.md (2026-07)",
};

export default defineCoin({
  id: "tron",
  name: "TRON",
  symbol: "TRX",
  family: "tron",
  clients: {
    "java-tron": {
      sources: {
        upstream: signedArchive({
          // The file for x86_64 needs Java 8, which Debian 12 does not have; the one for arm64 needs its Java 17.
          url: { arm64: "https://github.com/tronprotocol/java-tron/releases/download/GreatVoyage-v{version}/FullNode-aarch64.jar" },
          sha256: {
            "4.8.2": { arm64: pending("no record of upstream's names it (2026-11)") },
            "4.8.1": { arm64: pending("only third parties name it (694431860ee76fc9…)") },
          },
          signature: { kind: "detached", url: "{url}.sig", signers: [signer], threshold: 1 },
          binaries: { "FullNode.jar": "{file}" },
        }),
      },
      runtimePackages: ["openjdk-17-jre-headless"],
      runtimePrograms: ["java"],
    },
  },
  networks: {
    mainnet: {
      kind: "main",
      ports: {
        ...ports,
        "p2p-udp": peerPort(18_888, "peer discovery", "udp"),
        ...{ solidity: internalPort(8091, "HTTP API, solid blocks"), pbft: internalPort(8092, "HTTP API, final blocks") },
        ...{ grpc: internalPort(50_051, "gRPC"), "grpc-solidity": internalPort(50_061, "gRPC, solid blocks") },
      },
      ...{ ...slots, data: size, memoryMiB: 61_440, instanceType: "m7g.4xlarge", minimumTips: 2, settledDepth: 27 },
      tips: [{ name: "trongrid.io", url: "https://api.trongrid.io/wallet/getnowblock", height: "block_header.raw_data.number", body: {} }],
    },
    private: privateNetwork({ ports, ...slots, memoryMiB: 2048, instanceType: "t4g.medium", minimumTips: 0, maximumNodes: 1 }),
  },
  options: z.strictObject({}),
  ...openRpc,
  daemons,
  syncCheck,
  blockHash: async (node, height) => (await call(node, block, "/wallet/getblockbynum", { num: height })).blockID,
  produceBlock: { unsupported: "its witness makes a block every three seconds by itself" },
  snapshot: noSnapshot(["mainnet", "private"], "upstream's archives come over plain HTTP without a checksum"),
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
