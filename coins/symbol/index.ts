import { defineCoin, httpAt, internalPort, networkPort, noSnapshot, entryOf, peerPort, pending, ProbeError } from "@coinfleet/sdk";
import { requireNetwork, testNetwork, textHeight, unmeasured } from "@coinfleet/sdk";
import type { Client, Daemon, DaemonContext, NodeClient, SyncContext, SyncStatus } from "@coinfleet/sdk";
import { z } from "zod";

interface Chain {
  readonly generationHashSeed: string;
  /** What the chain's milliseconds are counted from, Unix seconds. */
  readonly epochSec: number;
}

const chains: Readonly<Record<string, Chain>> = {
  mainnet: { generationHashSeed: "57F7DA205008026C776CB6AED843393F04CD458E0AA2D9F1D5F31A402072B2D6", epochSec: 1_615_853_185 },
  testnet: { generationHashSeed: "49D6E1CE276A85B70EAFE52349AACCA389302E7A9754BCF1221E79494FC665A4", epochSec: 1_667_250_467 },
};

/** An image of the project's or of its database's, whose digest nobody has read. */
const image = (version: string, repository: string, binaries: Readonly<Record<string, string>>, folders = {}): Client => ({
  sources: {
    upstream: {
      kind: "ociImage",
      version,
      repository,
      digests: { [version]: pending("no record of its digest (2026-11)") },
      binaries,
      folders,
    },
  },
});

function daemons({ network, memoryMiB }: DaemonContext<object>): readonly Daemon[] {
  const apiNode = { host: "catapult-server", port: networkPort(network, "p2p") };
  const rest = { port: networkPort(network, "rpc"), db: { url: "mongodb://mongod:27017/" }, apiNode };
  const environment = { LD_LIBRARY_PATH: "/usr/local/share/catapult/lib:/usr/local/share/catapult/deps" };
  const catapult = { client: "catapult", environment } as const;
  const share = (part: number): number => Math.floor(memoryMiB * part);
  return [
    {
      name: "mongod",
      client: "mongod",
      command: ["mongod", "--dbpath=/data", "--bind_ip_all"],
      ports: [],
      memoryMiB: share(0.35),
      stopTimeoutSec: 300,
    },
    // A kill leaves a lock that only upstream's recovery program removes.
    {
      name: "catapult-server",
      ...catapult,
      command: ["catapult.server", "/data/userconfig"],
      ports: ["p2p"],
      memoryMiB: share(0.4),
      stopTimeoutSec: 300,
    },
    {
      name: "catapult-broker",
      ...catapult,
      command: ["catapult.broker", "/data/userconfig"],
      dataOf: "catapult-server",
      ports: [],
      memoryMiB: share(0.15),
      stopTimeoutSec: 300,
    },
    {
      name: "rest",
      client: "rest",
      command: ["node", "/usr/local/share/rest/src/index.js", "/data/userconfig/rest.json", "/etc/coinfleet/rest.json"],
      files: { "rest.json": JSON.stringify(rest) },
      dataOf: "catapult-server",
      ports: ["rpc"],
      memoryMiB: share(0.1),
      stopTimeoutSec: 30,
    },
  ];
}

const upOrDown = z.enum(["up", "down"]);
const health = z.object({ status: z.object({ apiNode: upOrDown, db: upOrDown }) });
const info = z.object({ networkGenerationHashSeed: z.string() });
const block = z.object({
  meta: z.object({ hash: z.string().regex(/^[0-9A-F]{64}$/) }),
  block: z.object({ height: textHeight, timestamp: textHeight }),
});

async function syncCheck(node: NodeClient, { networkName }: SyncContext<object>): Promise<SyncStatus> {
  const { status } = await httpAt(node, "rpc", health, "/node/health");
  if (status.apiNode !== "up" || status.db !== "up")
    throw new ProbeError("starting", `node is ${status.apiNode}, database is ${status.db}`);
  const { generationHashSeed, epochSec } = entryOf(chains, networkName);
  requireNetwork("generation hash seed", (await httpAt(node, "rpc", info, "/node/info")).networkGenerationHashSeed, generationHashSeed);
  const { height } = await httpAt(node, "rpc", z.object({ height: textHeight }), "/chain/info");
  const tip = await httpAt(node, "rpc", block, `/blocks/${height}`);
  if (tip.block.height !== height) throw new ProbeError("malformed", `/blocks/${height} is block ${tip.block.height}`);
  const peers = await httpAt(node, "rpc", z.array(z.unknown()), "/node/peers");
  const tipTimeSec = epochSec + Math.floor(tip.block.timestamp / 1000);
  // The client names no height but its own, and has no word for a first sync: the age of its tip and others' heights say it.
  return { height, tipHash: tip.meta.hash, tipTimeSec, knownHeight: height, peers: peers.length, isInitialSync: false };
}

const publicNetwork = {
  ports: { p2p: peerPort(7900), rpc: internalPort(3000, "REST API") },
  blockIntervalSec: 30,
  blockArrival: "work",
  data: unmeasured("no source says how large it is: measure"),
  tips: [],
  minimumTips: 2,
  settledDepth: 720,
} as const;

export default defineCoin({
  id: "symbol",
  name: "Symbol",
  symbol: "XYM",
  family: "symbol",
  status: {
    kind: "experimental",
    reason:
      "never run here: the data directory of catapult-server must first get the first block, certificates and configuration that upstream's shoestring makes (seed, userconfig), and the database its indexes",
    since: "2026-11-21",
  },
  clients: {
    mongod: image("7.0.17", "docker.io/library/mongo", { mongod: "/usr/bin/mongod" }),
    catapult: image(
      "gcc-1.0.3.8",
      "docker.io/symbolplatform/symbol-server",
      { "catapult.server": "/usr/catapult/bin/catapult.server", "catapult.broker": "/usr/catapult/bin/catapult.broker" },
      { catapult: "/usr/catapult" },
    ),
    rest: image("2.5.0", "docker.io/symbolplatform/symbol-rest", { node: "/usr/bin/node" }, { rest: "/app" }),
  },
  networks: {
    mainnet: { kind: "main", ...publicNetwork, memoryMiB: 14_336, instanceType: "m7i.xlarge" },
    testnet: testNetwork({ ...publicNetwork, memoryMiB: 14_336, instanceType: "m7i.xlarge" }),
  },
  options: z.strictObject({}),
  secrets: [],
  access: [{ port: "rpc", protocol: "http" }],
  daemons,
  syncCheck,
  blockHash: async (node, height) => (await httpAt(node, "rpc", block, `/blocks/${height}`)).meta.hash,
  produceBlock: { unsupported: "there is no private network of this client on record" },
  snapshot: noSnapshot(["mainnet", "testnet"], "upstream publishes none"),
  // The certificates in its data only say who the node is; new ones are as good.
  keys: "none",
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
