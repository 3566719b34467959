import {
  archives, defineCoin, evmBlockHash, evmTip, internalPort, networkPort, noSnapshot, peerPort, pendingDigests, privateNetwork, ProbeError, readAnswer,
  requireNetwork, rpcAt, textHeight, type Daemon, type DaemonContext, type NodeClient, type SyncContext, type SyncStatus,
} from "@coinfleet/sdk";
import { z } from "zod";

const options = z.strictObject({
  /** Fetch the C-Chain's recent state instead of replaying its history. Without it the node can answer for old blocks. @default true */
  stateSync: z.boolean().default(true),
});

type Options = z.infer<typeof options>;

const networkIds = { mainnet: 1, fuji: 5, local: 12_345 } as const;
const chainIds = { mainnet: 43_114, fuji: 43_113, local: 43_112 } as const;
const ports = { p2p: peerPort(9651, "peers (staking)"), rpc: internalPort(9650, "HTTP API") };
const cChain = { port: "rpc", path: "/ext/bc/C/rpc" } as const;

const idOf = (ids: Readonly<Record<string, number>>, networkName: string): number => {
  const id = ids[networkName];
  if (id === undefined) throw new Error(`avalanche: no id for the network "${networkName}"`);
  return id;
};

function daemons(ctx: DaemonContext<Options>): readonly Daemon[] {
  const isPrivate = ctx.network.kind === "private";
  const settings = {
    "network-id": idOf(networkIds, ctx.networkName),
    "data-dir": ctx.dataPath,
    "chain-config-dir": `${ctx.filesPath}/chains`,
    "http-host": "0.0.0.0",
    "http-port": networkPort(ctx.network, "rpc"),
    "http-allowed-hosts": ["*"],
    "staking-port": networkPort(ctx.network, "p2p"),
    // The client refuses to start when it may not raise its limit to the default, 32,768.
    "fd-limit": 10_000,
    "log-display-level": "info",
    "log-level": "off",
    "chain-config-content": Buffer.from(JSON.stringify({ C: { Config: Buffer.from(JSON.stringify({ "state-sync-enabled": ctx.options.stateSync })).toString("base64") } })).toString("base64"),
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
