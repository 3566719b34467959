import type { ResolvedHealth, ResolvedSelfHealing } from "./resolved.ts";

/** TCP port of every agent: `/healthz`, `/status`, `/metrics`. Open to the fleet's own security groups only. */
export const agentPort = 9797;

/** What an agent is told by its host: a file on tmpfs, because it holds the RPC passwords. */
export interface AgentConfig {
  /** Format of this file. */
  readonly version: 1;
  readonly environment: string;
  /** Name of the group. */
  readonly group: string;
  /** `<group>-<index>`; the `Node` dimension of every metric. */
  readonly node: string;
  /** 1-based position in the group. */
  readonly index: number;
  readonly coin: string;
  readonly networkName: string;
  /** AWS region that the metrics go to. */
  readonly region: string;
  /** The coin's own options, as resolved. */
  readonly options: unknown;
  /** Ports of the node's daemons by role; and of the node that serves it, where the sync check asks there. */
  readonly access: readonly AgentAccess[];
  /** Host names of the group's other nodes; their agents are asked on {@link agentPort}. */
  readonly siblings: readonly string[];
  readonly health: ResolvedHealth;
  /** How often it may ask for a restart. */
  readonly selfHealing: Pick<ResolvedSelfHealing, "restartsPerDay">;
  /** Make a block that often, seconds. Only on the first node of a private network. */
  readonly blockEverySec?: number | undefined;
}

/** An RPC port, as the agent reaches it. */
export interface AgentAccess {
  /** Role of the port: `rpc`, `ws`, … */
  readonly port: string;
  /** Base URL without a trailing slash. @example "http://127.0.0.1:9332" */
  readonly url: string;
  readonly auth?: { readonly user: string; readonly password: string; readonly scheme: "basic" | "digest" | "header" } | undefined;
}

/** A block that honest nodes no longer differ in. */
export interface SettledBlock {
  readonly height: number;
  readonly hash: string;
}

/** Why a node is, or is not, synced. */
export type HealthState =
  /** At the tip, by enough independent tips. */
  | "synced"
  /** Too few tips answer; the last verdict, synced, stands for a bounded time. */
  | "holding"
  /** No probe has been finished yet. */
  | "starting"
  /** The daemon did not answer, or not with a status. */
  | "probe-failed"
  | "initial-sync"
  | "behind"
  /** No new block for longer than is normal, and nobody confirms that the chain itself stands still. */
  | "stalled"
  | "no-peers"
  /** The hash of a settled block differs from that of the other nodes. */
  | "forked"
  /** Too few tips answer, and there is no good verdict to hold on to. */
  | "unknown";

/** Answer of an agent's `/status`. Siblings read `probe` and `settled`; people read the rest. */
export interface AgentStatus {
  readonly version: 1;
  readonly environment: string;
  readonly node: string;
  readonly coin: string;
  readonly networkName: string;
  readonly state: HealthState;
  /** What `/healthz` answers. */
  readonly isSynced: boolean;
  /** One sentence for an operator. */
  readonly why: string;
  /** Unix seconds of the last probe. */
  readonly probedAt: number;
  /** What the node said; absent when the last probe failed. */
  readonly probe?:
    | {
        readonly height: number;
        readonly tipHash: string;
        readonly tipAgeSec: number;
        readonly knownHeight: number;
        readonly peers: number;
        readonly isInitialSync: boolean;
      }
    | undefined;
  /** Median of the independent tips; absent when too few answered. */
  readonly tip?: number | undefined;
  readonly blocksBehind?: number | undefined;
  /** Every tip asked: who, and what or why not. */
  readonly tips: readonly { readonly source: string; readonly height?: number | undefined; readonly problem?: string | undefined }[];
  /** Own hashes at recent checkpoints, newest first. */
  readonly settled: readonly SettledBlock[];
  /** Samples that CloudWatch did not take in time and that were dropped, since the agent's start. */
  readonly droppedSamples: number;
}
