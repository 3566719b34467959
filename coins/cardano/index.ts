import { archives, defineCoin, hash, httpAt, internalPort, networkPort, numberHeight, entryOf } from "@coinfleet/sdk";
import { peerPort, pending, pendingDigests, ProbeError, readMetric, requireNetwork, testNetwork, unmeasured } from "@coinfleet/sdk";
import type { Daemon, DaemonContext, NodeClient, Snapshot, SyncContext, SyncStatus } from "@coinfleet/sdk";
import { z } from "zod";

// Slots last 20 s, and one second from `shelleySlot` on. Keys: mithril-infra/configuration/release-<network>, which check certified snapshots.
const chains = {
  mainnet: {
    ...{ startSec: 1_506_203_091, shelleySlot: 4_492_800, magic: "RequiresNoMagic" },
    genesisKey: "bf428cb98a0bedcffa901b02bc1e0c519bcc0ab34b178ac4d9050e14394f27b0",
    ancillaryKey: "174760852ffde288eb39a46aba02151d78a35979b18ad08ad6633a16003a0345",
  },
  preprod: {
    ...{ startSec: 1_654_041_600, shelleySlot: 86_400, magic: "RequiresMagic" },
    genesisKey: "7f497ca1068983d5cf75c655b0c7a2f1447b77910de8f331e502f9cdcd27eb2c",
    ancillaryKey: "bdc0d89672d8edd22d1215c4d0f69202fcf3fbb11c9dcc911e0ee4a881538824",
  },
} as const;
/** Upstream prints a key as the hex digits of a JSON list of its bytes. */
const printed = (key: string): string => Buffer.from(JSON.stringify([...Buffer.from(key, "hex")])).toString("hex");

/** Upstream's configuration, but for metrics that another container can read. */
function renderConfig(networkName: string, metricsPort: number): string {
  const genesis = (era: string): string => `/usr/local/share/cardano/${networkName}/${era}-genesis.json`;
  const backends = ["Stdout MachineFormat", `PrometheusSimple suffix 0.0.0.0 ${metricsPort}`];
  return JSON.stringify({
    Protocol: "Cardano",
    RequiresNetworkMagic: entryOf(chains, networkName).magic,
    ...{ ByronGenesisFile: genesis("byron"), ShelleyGenesisFile: genesis("shelley") },
    ...{ AlonzoGenesisFile: genesis("alonzo"), ConwayGenesisFile: genesis("conway") },
    ...{ "LastKnownBlockVersion-Major": 3, "LastKnownBlockVersion-Minor": 0, "LastKnownBlockVersion-Alt": 0 },
    ...{ UseTraceDispatcher: true, TurnOnLogging: true, TurnOnLogMetrics: true, TraceOptionMetricsPrefix: "cardano.node.metrics." },
    TraceOptions: { "": { backends, detail: "DNormal", severity: "Notice" }, "Net.PeerSelection": { severity: "Info" } },
  });
}

function daemons({ network, networkName, memoryMiB, dataPath, filesPath }: DaemonContext<object>): readonly Daemon[] {
  const port = (role: string): string => `--port=${networkPort(network, role)}`;
  const config = `${filesPath}/config.json`;
  const common = { client: "cardano-node", files: { "config.json": renderConfig(networkName, networkPort(network, "metrics")) } } as const;
  const topology = `--topology=/usr/local/share/cardano/${networkName}/topology.json`;
  const state = [`--database-path=${dataPath}/db`, `--socket-path=${dataPath}/node.socket`];
  const fetchSnapshot = ["mithril-client", "cardano-db", "download", "--include-ancillary", `--download-dir=${dataPath}`, "latest"];
  const { genesisKey, ancillaryKey } = entryOf(chains, networkName);
  return [
    {
      name: "cardano-node",
      ...common,
      command: ["cardano-node", "run", `--config=${config}`, topology, ...state, "--host-addr=0.0.0.0", port("p2p")],
      environment: {
        AGGREGATOR_ENDPOINT: `https://aggregator.release-${networkName}.api.mithril.network/aggregator`,
        GENESIS_VERIFICATION_KEY: printed(genesisKey),
        ANCILLARY_VERIFICATION_KEY: printed(ancillaryKey),
      },
      firstStart: { creates: "db", commands: [fetchSnapshot] },
      ports: ["p2p", "metrics"],
      memoryMiB: memoryMiB - 2048,
      stopTimeoutSec: 600,
    },
    {
      name: "ogmios", // The node itself answers on a local socket only.
      ...common,
      command: ["ogmios", `--node-socket=${dataPath}/node.socket`, `--node-config=${config}`, "--host=0.0.0.0", port("rpc")],
      dataOf: "cardano-node",
      ports: ["rpc"],
      memoryMiB: 2048,
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
  const { startSec, shelleySlot } = entryOf(chains, networkName);
  const { height, id: tipHash, slot } = lastKnownTip;
  const tipTimeSec = startSec + 20 * Math.min(slot, shelleySlot) + Math.max(0, slot - shelleySlot);
  return { height, tipHash, tipTimeSec, knownHeight: height, peers, isInitialSync: networkSynchronization < 0.999 };
}

const ports = { p2p: peerPort(3001), rpc: internalPort(1337, "ogmios: JSON-RPC over HTTP"), metrics: internalPort(12_798, "metrics") };
const publicNetwork = { ports, blockIntervalSec: 20, blockArrival: "work", tips: [], minimumTips: 2, settledDepth: 2160 } as const;
const ogmios = archives("https://github.com/IntersectMBO/ogmios/releases/download/v6.14.0.2/ogmios-v6.14.0.2-{machine}-linux.zip");
const mithril = (machine: string): string =>
  `https://github.com/input-output-hk/mithril/releases/download/2617.0/mithril-2617.0-linux-${machine}.tar.gz`;
const certified: Snapshot = { kind: "client", how: "the newest one that Mithril's signers certify, checked by mithril-client" };
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
          // The bridge and the snapshot client that go with this node.
          companions: [
            { url: ogmios, sha256, binaries: { ogmios: "bin/ogmios" } },
            { url: { x86_64: mithril("x64"), arm64: mithril("arm64") }, sha256, binaries: { "mithril-client": "mithril-client" } },
          ],
        },
      },
      runtimePackages: ["ca-certificates", "libssl3"],
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
  snapshot: { mainnet: certified, preprod: certified },
  keys: "none",
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
