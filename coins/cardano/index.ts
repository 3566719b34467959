import { archives, defineCoin, hash, httpAt, internalPort, networkPort, noSnapshot, numberHeight, ofNetwork } from "@coinfleet/sdk";
import { peerPort, pending, pendingDigests, ProbeError, readMetric, requireNetwork, testNetwork, unmeasured } from "@coinfleet/sdk";
import type { Daemon, DaemonContext, NodeClient, SyncContext, SyncStatus } from "@coinfleet/sdk";
import { z } from "zod";

interface Chain {
  /** Time of slot 0. Slots last 20 s, and from `shelleySlot` on one second. */
  readonly startSec: number;
  readonly shelleySlot: number;
  readonly magic: "RequiresMagic" | "RequiresNoMagic";
}

const chains: Readonly<Record<string, Chain>> = {
  mainnet: { startSec: 1_506_203_091, shelleySlot: 4_492_800, magic: "RequiresNoMagic" },
  preprod: { startSec: 1_654_041_600, shelleySlot: 86_400, magic: "RequiresMagic" },
};

/** Upstream's configuration, but for metrics that another container can read. */
function renderConfig(networkName: string, metricsPort: number): string {
  const genesis = (era: string): string => `/usr/local/share/cardano/${networkName}/${era}-genesis.json`;
  const backends = ["Stdout MachineFormat", `PrometheusSimple suffix 0.0.0.0 ${metricsPort}`];
  return JSON.stringify({
    Protocol: "Cardano",
    RequiresNetworkMagic: ofNetwork(chains, networkName).magic,
    ByronGenesisFile: genesis("byron"),
    ShelleyGenesisFile: genesis("shelley"),
    AlonzoGenesisFile: genesis("alonzo"),
    ConwayGenesisFile: genesis("conway"),
    "LastKnownBlockVersion-Major": 3,
    "LastKnownBlockVersion-Minor": 0,
    "LastKnownBlockVersion-Alt": 0,
    TurnOnLogging: true,
    TurnOnLogMetrics: true,
    UseTraceDispatcher: true,
    TraceOptionMetricsPrefix: "cardano.node.metrics.",
    TraceOptions: { "": { backends, detail: "DNormal", severity: "Notice" }, "Net.PeerSelection": { severity: "Info" } },
  });
}

function daemons({ network, networkName, memoryMiB, dataPath, filesPath }: DaemonContext<object>): readonly Daemon[] {
  const port = (role: string): string => `--port=${networkPort(network, role)}`;
  const config = `${filesPath}/config.json`;
  const common = { client: "cardano-node", files: { "config.json": renderConfig(networkName, networkPort(network, "metrics")) } } as const;
  const topology = `--topology=/usr/local/share/cardano/${networkName}/topology.json`;
  const state = [`--database-path=${dataPath}/db`, `--socket-path=${dataPath}/node.socket`];
  const bridgeMiB = 2048;
  return [
    {
      name: "cardano-node",
      ...common,
      command: ["cardano-node", "run", `--config=${config}`, topology, ...state, "--host-addr=0.0.0.0", port("p2p")],
      ports: ["p2p", "metrics"],
      memoryMiB: memoryMiB - bridgeMiB,
      stopTimeoutSec: 600,
    },
    {
      // The node itself answers on a local socket only.
      name: "ogmios",
      ...common,
      command: ["ogmios", `--node-socket=${dataPath}/node.socket`, `--node-config=${config}`, "--host=0.0.0.0", port("rpc")],
      dataOf: "cardano-node",
      ports: ["rpc"],
      memoryMiB: bridgeMiB,
      stopTimeoutSec: 30,
    },
  ];
}

const health = z.object({
  connectionStatus: z.enum(["connected", "disconnected"]),
  network: z.string().nullish(),
  lastKnownTip: z.object({ slot: numberHeight, id: hash, height: numberHeight }).nullish(),
  networkSynchronization: z.number().min(0).max(1).nullish(),
});

async function syncCheck(node: NodeClient, { networkName }: SyncContext<object>): Promise<SyncStatus> {
  const { connectionStatus, network, lastKnownTip, networkSynchronization } = await httpAt(node, "rpc", health, "/health");
  if (connectionStatus === "disconnected" || lastKnownTip == null || networkSynchronization == null)
    throw new ProbeError("starting", "the node has not opened its socket yet, or has no tip");
  requireNetwork("network", network ?? "", networkName);
  const peers = readMetric(await node.text("metrics", "/metrics"), "cardano_node_metrics_peerSelection_EstablishedPeers_int");
  const { startSec, shelleySlot } = ofNetwork(chains, networkName);
  const { height, id, slot } = lastKnownTip;
  const tipTimeSec = startSec + 20 * Math.min(slot, shelleySlot) + Math.max(0, slot - shelleySlot);
  return { height, tipHash: id, tipTimeSec, knownHeight: height, peers, isInitialSync: networkSynchronization < 0.999 };
}

const ports = { p2p: peerPort(3001), rpc: internalPort(1337, "ogmios: JSON-RPC over HTTP"), metrics: internalPort(12_798, "metrics") };
const publicNetwork = { ports, blockIntervalSec: 20, blockArrival: "work", tips: [], minimumTips: 2, settledDepth: 2160 } as const;
const sha256 = { "11.0.1": pendingDigests("only third parties name its digests (2026-11)") };

export default defineCoin({
  id: "cardano",
  name: "Cardano",
  symbol: "ADA",
  family: "cardano",
  clients: {
    "cardano-node": {
      sources: {
        upstream: {
          kind: "signedArchive",
          version: "11.0.1",
          url: archives(
            "https://github.com/IntersectMBO/cardano-node/releases/download/{version}/cardano-node-{version}-linux-{goarch}.tar.gz",
          ),
          sha256,
          signature: { kind: "none", reason: "upstream publishes digests and no signature" },
          binaries: { "cardano-node": "bin/cardano-node" },
          folders: { cardano: "share" },
          // The bridge that goes with this node.
          companions: [
            {
              url: archives("https://github.com/IntersectMBO/ogmios/releases/download/v6.14.0.2/ogmios-v6.14.0.2-{machine}-linux.zip"),
              sha256,
              binaries: { ogmios: "bin/ogmios" },
            },
          ],
        },
      },
    },
  },
  networks: {
    mainnet: {
      kind: "main",
      ...publicNetwork,
      data: { sizeGiB: 300, growthGiBPerYear: pending("no source"), source: "cardano-foundation/developer-portal, 2026-04: 300 free" },
      memoryMiB: 26_624,
      instanceType: "m7i.2xlarge",
    },
    preprod: testNetwork({ ...publicNetwork, data: unmeasured("no source: measure"), memoryMiB: 14_336, instanceType: "m7i.xlarge" }),
  },
  options: z.strictObject({}),
  secrets: [],
  access: ["rpc", "metrics"].map((port) => ({ port, protocol: "http" })),
  daemons,
  syncCheck,
  // The node's protocols find a block by slot and hash. So a fork is seen only in the time of the tip and in what others say.
  blockHash: () => Promise.reject(new ProbeError("rpc-error", "the client has no call for the block at a height")),
  produceBlock: { unsupported: "upstream's private cluster is made by a program that starts its own nodes" },
  snapshot: noSnapshot(["mainnet", "preprod"], "Mithril's certified one needs a client of its own: fetch it by hand into db"),
  keys: "none",
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
