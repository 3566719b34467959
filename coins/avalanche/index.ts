import {
  archives,
  defineCoin,
  entryOf,
  evmBlockHash,
  evmTip,
  goModule,
  internalPort,
  networkPort,
  noSnapshot,
  peerPort,
} from "@coinfleet/sdk";
import { pendingDigests, privateNetwork, ProbeError, readAnswer, requireNetwork, rpcAt, signedArchive, textHeight } from "@coinfleet/sdk";
import type { Daemon, DaemonContext, NodeClient, SyncContext, SyncStatus } from "@coinfleet/sdk";
import { z } from "zod";

const options = z.strictObject({
  stateSync: z
    .boolean()
    .default(true)
    .describe("Fetch the C-Chain's recent state instead of replaying its history. Without it the node can answer for old blocks."),
});

type Options = z.infer<typeof options>;

const networkIds = { mainnet: 1, fuji: 5, local: 12_345 } as const;
const chainIds = { mainnet: 43_114, fuji: 43_113, local: 43_112 } as const;
const ports = { p2p: peerPort(9651, "peers (staking)"), rpc: internalPort(9650, "HTTP API") };
const cChain = { port: "rpc", path: "/ext/bc/C/rpc" } as const;

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64");

function daemons(ctx: DaemonContext<Options>): readonly Daemon[] {
  const isPrivate = ctx.network.kind === "private";
  const settings = {
    "network-id": entryOf(networkIds, ctx.networkName),
    "data-dir": ctx.dataPath,
    "http-host": "0.0.0.0",
    "http-port": networkPort(ctx.network, "rpc"),
    "http-allowed-hosts": ["*"],
    "staking-port": networkPort(ctx.network, "p2p"),
    // The client refuses to start when it may not raise its limit to the default, 32,768.
    "fd-limit": 10_000,
    "log-display-level": "info",
    "log-level": "off",
    "chain-config-content": base64({ C: { Config: base64({ "state-sync-enabled": ctx.options.stateSync }) } }),
    ...(isPrivate ? { "sybil-protection-enabled": false, "public-ip": "127.0.0.1" } : { "public-ip-resolution-service": "opendns" }),
  };
  return [
    {
      name: "avalanchego",
      client: "avalanchego",
      command: ["avalanchego", `--config-file=${ctx.filesPath}/avalanchego.json`],
      environment: { GOMEMLIMIT: `${Math.floor(ctx.memoryMiB * 0.9)}MiB` },
      files: { "avalanchego.json": `${JSON.stringify(settings, undefined, 2)}\n` },
      ports: ["p2p", "rpc"],
      memoryMiB: ctx.memoryMiB,
      stopTimeoutSec: 300,
    },
  ];
}

const info = async <T>(node: NodeClient, shape: z.ZodType<T>, method: string, params = {}): Promise<T> =>
  readAnswer(shape, await rpcAt(node, { port: "rpc", path: "/ext/info", method, params }), method);

async function syncCheck(node: NodeClient, { networkName }: SyncContext<Options>): Promise<SyncStatus> {
  const { networkID } = await info(node, z.object({ networkID: textHeight }), "info.getNetworkID");
  requireNetwork("network id", networkID, entryOf(networkIds, networkName));
  for (const chain of ["P", "X", "C"]) {
    const { isBootstrapped } = await info(node, z.object({ isBootstrapped: z.boolean() }), "info.isBootstrapped", { chain });
    // Until then the C-Chain's API is not there, so the node has no height to tell.
    if (!isBootstrapped) throw new ProbeError("starting", `the ${chain}-Chain is still being bootstrapped`);
  }
  const { numPeers } = await info(node, z.object({ numPeers: textHeight }), "info.peers");
  const tip = await evmTip(node, cChain, entryOf(chainIds, networkName));
  return { ...tip, knownHeight: tip.height, peers: numPeers, isInitialSync: false };
}

const publicNetwork = {
  ports,
  blockIntervalSec: 2, // Dynamic since ACP-226, about 1 to 2 s.
  blockArrival: "slots",
  data: { sizeGiB: 1000, growthGiBPerYear: 0, source: "ava-labs/avalanchego README.md (2026-08): 1 TiB recommended, growth within it" },
  memoryMiB: 14_336,
  tips: [],
  minimumTips: 2,
  settledDepth: 64,
} as const;

export default defineCoin({
  id: "avalanche",
  name: "Avalanche",
  symbol: "AVAX",
  family: "avalanche",
  clients: {
    avalanchego: {
      sources: {
        upstream: signedArchive({
          url: archives(
            "https://github.com/ava-labs/avalanchego/releases/download/v{version}/avalanchego-linux-{goarch}-v{version}.tar.gz",
          ),
          sha256: { "1.15.3": pendingDigests("neither the digests nor the signing key's fingerprint are on record (2026-11)") },
          signature: { kind: "detached", url: "{url}.sig", signers: [], threshold: 1 },
          binaries: { avalanchego: "avalanchego-v{version}/avalanchego" },
        }),
        // For private networks: main network needs 1.15.0 or newer.
        go: goModule({
          module: "github.com/ava-labs/avalanchego",
          packages: { "github.com/ava-labs/avalanchego/main": "avalanchego" },
          sums: { "1.11.13": "h1:1lcDZ9ILZgeiv7IwL4TuFTyglgZMr9QBOnpLHX+Qy5k=" },
          replace: { "github.com/supranational/blst": "github.com/supranational/blst v0.3.15" },
          cgo: true,
        }),
      },
    },
  },
  networks: {
    mainnet: { kind: "main", ...publicNetwork, instanceType: "m7i.xlarge" },
    fuji: { kind: "test", ...publicNetwork, instanceType: "m7i.xlarge" },
    local: privateNetwork({ ports, memoryMiB: 768, minimumTips: 0, maximumNodes: 1 }),
  },
  options,
  secrets: [],
  access: [{ port: "rpc", protocol: "http" }],
  daemons,
  syncCheck,
  blockHash: (node, height) => evmBlockHash(node, cChain, height),
  produceBlock: { unsupported: "the C-Chain makes a block only for a signed transaction" },
  snapshot: noSnapshot(["mainnet", "fuji", "local"], "the C-Chain syncs its recent state by itself"),
  keys: "none",
  databaseSurvivesDowngrade: false,
  upgrades: [
    {
      name: "Helicon",
      network: "mainnet",
      release: "1.15.0",
      at: { date: "2026-09-22" },
      source: "https://build.avax.network/docs/nodes/releases.md",
    },
  ],
});
