import { defineCoin, internalPort, networkPort, numberHeight, peerPort, pending, ProbeError, openRpc } from "@coinfleet/sdk";
import { readAnswer, requireNetwork, rpcAt, signedArchive, unixSeconds } from "@coinfleet/sdk";
import type { Daemon, DaemonContext, NodeClient, SyncStatus } from "@coinfleet/sdk";
import { z } from "zod";

const options = z.strictObject({
  snapshotUrl: z
    .url({ protocol: /^https$/ })
    .default("https://forest-archive.chainsafe.dev/latest/mainnet/")
    .describe(
      "Where an empty node gets its first state from, the last 2,000 epochs of it. It is trusted for that: prefer a file of your own.",
    ),
});

type Options = z.infer<typeof options>;

function daemons({ network, options: { snapshotUrl }, dataPath, memoryMiB }: DaemonContext<Options>): readonly Daemon[] {
  const port = (role: string): number => networkPort(network, role);
  return [
    {
      name: "lotus",
      client: "lotus",
      command: ["lotus", "daemon"],
      firstStart: { creates: "datastore", commands: [["lotus", "daemon", `--import-snapshot=${snapshotUrl}`, "--halt-after-import"]] },
      environment: {
        LOTUS_PATH: dataPath,
        LOTUS_API_LISTENADDRESS: `/ip4/0.0.0.0/tcp/${port("rpc")}/http`,
        LOTUS_LIBP2P_LISTENADDRESSES: `/ip4/0.0.0.0/tcp/${port("p2p")}`,
        FIL_PROOFS_PARAMETER_CACHE: `${dataPath}/proof-parameters`,
        GOMEMLIMIT: `${Math.floor(memoryMiB * 0.9)}MiB`,
      },
      ports: ["p2p", "rpc"],
      memoryMiB,
      stopTimeoutSec: 300,
    },
  ];
}

/** Reading needs no token; whatever could write does, and nobody here has one. */
const call = async <T>(node: NodeClient, shape: z.ZodType<T>, method: string, params: readonly unknown[] = []): Promise<T> =>
  readAnswer(shape, await rpcAt(node, { port: "rpc", path: "/rpc/v1", method: `Filecoin.${method}`, params }), method);

const cid = z.object({ "/": z.string().regex(/^b[a-z2-7]{20,120}$/) });
const tipset = z.object({ Cids: z.array(cid).min(1), Blocks: z.array(z.object({ Timestamp: unixSeconds })).min(1), Height: numberHeight });

/** An epoch may have several blocks; together they are the tip. */
const hashOf = ({ Cids }: z.infer<typeof tipset>): string => Cids.map((one) => one["/"]).join("+");

/** From here on the client's own readiness probe no longer calls it ready. Epochs. */
const behindIsUnready = 5;

async function syncCheck(node: NodeClient): Promise<SyncStatus> {
  requireNetwork("network", await call(node, z.string(), "StateNetworkName"), "mainnet");
  const head = await call(node, tipset, "ChainHead");
  const [first] = head.Blocks;
  if (first === undefined) throw new ProbeError("malformed", "ChainHead: no block");
  // How many epochs the clock is ahead of the head.
  const { SyncStatus: sync } = await call(node, z.object({ SyncStatus: z.object({ Behind: numberHeight }) }), "NodeStatus", [false]);
  const peers = await call(node, z.array(z.object({ ID: z.string() })), "NetPeers");
  return {
    height: head.Height,
    tipHash: hashOf(head),
    tipTimeSec: first.Timestamp,
    knownHeight: head.Height + sync.Behind,
    peers: peers.length,
    isInitialSync: sync.Behind >= behindIsUnready,
  };
}

export default defineCoin({
  id: "filecoin",
  name: "Filecoin",
  symbol: "FIL",
  family: "filecoin",
  clients: {
    lotus: {
      sources: {
        upstream: signedArchive({
          // Not published for arm64.
          url: {
            x86_64: "https://github.com/filecoin-project/lotus/releases/download/v{version}/lotus_v{version}_linux_amd64_v1.tar.gz",
          },
          sha256: {
            "1.36.3": { x86_64: pending("only a Homebrew formula names it; upstream's own .sha512 has not been compared (2026-11)") },
          },
          signature: { kind: "none", reason: "upstream publishes a sha512 file and a CID beside each archive and signs nothing" },
          binaries: { lotus: "lotus_v{version}_linux_amd64_v1/lotus" },
        }),
      },
      runtimePackages: ["ca-certificates", "libhwloc15", "ocl-icd-libopencl1"],
    },
  },
  // A release is made for one network: calibration and the private 2k network need builds of their own, which upstream does not publish.
  networks: {
    mainnet: {
      kind: "main",
      ports: { p2p: peerPort(1347), rpc: internalPort(1234, "JSON-RPC, metrics at /debug/metrics") },
      blockIntervalSec: 30,
      blockArrival: "slots",
      // Without pruning, which is a new snapshot on an empty volume, it grows by 38 GiB a day.
      data: {
        sizeGiB: pending("no source says"),
        growthGiBPerYear: 13_870,
        source: "filecoin-project/lotus-docs prerequisites.md (2026-07)",
      },
      memoryMiB: 61_440,
      instanceType: "r7i.2xlarge",
      tips: [],
      minimumTips: 2,
      settledDepth: 900,
    },
  },
  options,
  ...openRpc,
  daemons,
  syncCheck,
  blockHash: async (node, height) => hashOf(await call(node, tipset, "ChainGetTipSetByHeight", [height, null])),
  produceBlock: { unsupported: "upstream's release knows the main network only" },
  snapshot: { mainnet: { kind: "client", how: "lotus imports the snapshot that `snapshotUrl` names before its first start" } },
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
