import { defineCoin, hash, httpAt, internalPort, networkPort, noSnapshot, numberHeight, entryOf, peerPort } from "@coinfleet/sdk";
import { pendingDigests, ProbeError, requireNetwork, signedArchive, testNetwork, unmeasured } from "@coinfleet/sdk";
import type { Daemon, DaemonContext, NodeClient, SyncContext, SyncStatus } from "@coinfleet/sdk";
import { z } from "zod";

const networkIds = { mainnet: 104, testnet: -104 } as const;
/** Block 1, to which the chain's seconds are counted from: 2015-03-29T00:06:25Z. */
const epochSec = 1_427_587_585;
/** Peers and users speak to one port, so it cannot be closed while the node is not in sync. Private methods answer local callers only. */
const ports = { p2p: peerPort(7890, "peers and HTTP API"), ws: internalPort(7778, "WebSocket") };
const publicNetwork = {
  ports,
  blockIntervalSec: 60,
  blockArrival: "work",
  data: unmeasured("no source says how large it is now: measure"),
  tips: [],
  minimumTips: 2,
  // One key for each node: two nodes with the same one are one to their peers.
  maximumNodes: 3,
  settledDepth: 360, // The client never unwinds more.
} as const;

function daemons({ networkName, network, dataPath, filesPath, index, memoryMiB, secret }: DaemonContext<object>): readonly Daemon[] {
  const heapMiB = Math.floor(memoryMiB * 0.75);
  const settings = {
    "nem.folder": dataPath,
    "nem.network": networkName,
    "nem.httpPort": networkPort(network, "p2p"),
    "nem.websocketPort": networkPort(network, "ws"),
    "nis.bootName": `coinfleet-${index}`,
    "nis.bootKey": secret(`boot-${index}`),
    "nis.shouldAutoBoot": true,
    "nis.shouldAutoHarvestOnBoot": false,
  };
  // The first folder in which a file is found wins.
  const classPath = [filesPath, "nis/nis", "nis/nis/*", "nis/libs/*"].map((path) =>
    path.startsWith("/") ? path : `/usr/local/share/${path}`,
  );
  return [
    {
      name: "nis",
      client: "nis",
      command: ["java", `-Xms${heapMiB}m`, `-Xmx${heapMiB}m`, "-cp", classPath.join(":"), "org.nem.deploy.CommonStarter"],
      files: {
        "config-user.properties": Object.entries(settings)
          .map(([key, value]) => `${key}=${value}\n`)
          .join(""),
      },
      ports: ["p2p", "ws"],
      memoryMiB,
      stopTimeoutSec: 300,
    },
  ];
}

const info = z.object({ metaData: z.object({ networkId: z.int() }) });
const block = z.object({
  height: numberHeight,
  timeStamp: z.int().nonnegative(),
  signature: z.string().regex(/^[0-9a-f]{128}$/),
  prevBlockHash: z.object({ data: hash }),
});
const nisStatus = z.object({ type: z.literal(4), code: z.int().min(1).max(8) });
const synchronized = 6;
const booted = [5, synchronized, 7];

async function syncCheck(node: NodeClient, { networkName }: SyncContext<object>): Promise<SyncStatus> {
  const { code } = await httpAt(node, "p2p", nisStatus, "/status");
  // While it is loading blocks from its database the client answers nothing else.
  if (!booted.includes(code)) throw new ProbeError("starting", `NIS status ${code}`);
  requireNetwork("network id", (await httpAt(node, "p2p", info, "/node/info")).metaData.networkId, entryOf(networkIds, networkName));
  const tip = await httpAt(node, "p2p", block, "/chain/last-block");
  const peers = (await httpAt(node, "p2p", z.object({ data: z.array(z.unknown()) }), "/node/peer-list/active")).data.length;
  const best =
    peers === 0
      ? tip.height
      : (await httpAt(node, "p2p", z.object({ height: numberHeight }), "/node/active-peers/max-chain-height")).height;
  return {
    height: tip.height,
    // A block says its parent's hash and not its own: until the next one its signature names it.
    tipHash: tip.signature,
    tipTimeSec: epochSec + tip.timeStamp,
    knownHeight: Math.max(tip.height, best),
    peers,
    isInitialSync: code !== synchronized,
  };
}

export default defineCoin({
  id: "nem",
  name: "NEM",
  symbol: "XEM",
  family: "nem",
  clients: {
    nis: {
      sources: {
        upstream: signedArchive({
          url: { x86_64: "https://bob.nem.ninja/nis-{version}.tgz", arm64: "https://bob.nem.ninja/nis-{version}.tgz" },
          sha256: {
            "0.6.102": pendingDigests("no record of upstream's names it; the address follows that of releases up to 0.6.101 (2026-11)"),
          },
          signature: { kind: "none", reason: "upstream's .sig names a transaction of its own chain, not an OpenPGP signature" },
          binaries: {},
          folders: { nis: "package" },
        }),
      },
      runtimePackages: ["openjdk-17-jre-headless"],
      runtimePrograms: ["java"],
    },
  },
  networks: {
    mainnet: { kind: "main", ...publicNetwork, memoryMiB: 8192, instanceType: "m7i.large" },
    testnet: testNetwork({ ...publicNetwork, memoryMiB: 8192, instanceType: "m7i.large" }),
  },
  options: z.strictObject({}),
  secrets: ["boot-1", "boot-2", "boot-3"],
  access: [{ port: "p2p", protocol: "http" }],
  daemons,
  syncCheck,
  blockHash: async (node, height) => (await httpAt(node, "p2p", block, "/block/at/public", { height: height + 1 })).prevBlockHash.data,
  produceBlock: { unsupported: "there is no private network of this client on record" },
  snapshot: noSnapshot(["mainnet", "testnet"], "upstream's database has no digest on record"),
  // The boot keys are this fleet's, generated outside the data, and own nothing.
  keys: "none",
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
