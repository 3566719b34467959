import type { AgentAccess } from "./agent-config.ts";
import type { Access, Asset, Daemon, Port, Snapshot, TipReference } from "./coin.ts";
import type { BackupSpec, CopySpec } from "./environment-spec.ts";
import type { CoinLogAlarm } from "./log-alarms.ts";
import type { AddressPolicy } from "./fleet-spec.ts";
import type { Architecture, ReleaseSource } from "./release.ts";
import type { UpgradeMoment } from "./upgrade-moment.ts";

/** Everything that an environment's stack file says, after defaults: plain data, and all that the rest needs. */
export interface ResolvedFleet {
  readonly environment: string;
  readonly groups: readonly ResolvedGroup[];
}

/** The nodes of one coin on one network: they share images, secrets, a security group, and an order. */
export interface ResolvedGroup {
  /** Key in the stack file; `node<N>.<group>.internal`. */
  readonly name: string;
  readonly coin: string;
  readonly coinName: string;
  readonly symbol: string;
  readonly networkName: string;
  readonly isPrivateNetwork: boolean;
  readonly architecture: Architecture;
  readonly clients: readonly ResolvedClient[];
  /** Release id of the whole node, path-safe: client versions and sources joined. */
  readonly release: string;
  /** The release that each node takes by itself, later. Absent: none is announced. */
  readonly next?: ResolvedNext;
  readonly ports: Readonly<Record<string, Port>>;
  readonly access: readonly Access[];
  readonly secrets: readonly string[];
  /** The group that serves this one: what must be opened to it. Absent where it needs none, or one outside the fleet. */
  readonly server?: ResolvedServer;
  /** CIDRs that may use the internal ports. */
  readonly allowedCidrs: readonly string[];
  readonly options: unknown;
  readonly snapshot: Snapshot;
  readonly holdsKeys: boolean;
  readonly databaseSurvivesDowngrade: boolean;
  readonly health: ResolvedHealth;
  /** The coin's own words of alarm in its daemons' logs. Absent: it has none. */
  readonly logAlarm?: CoinLogAlarm;
  /** Private networks only: the first node makes a block that often. Absent: it does not. */
  readonly blockEverySec?: number;
  readonly addresses: AddressPolicy;
  readonly hasLoadBalancer: boolean;
  /** Absent: nobody takes snapshots of its volumes. */
  readonly backup?: BackupSpec;
  readonly selfHealing: ResolvedSelfHealing;
  readonly upgrade: ResolvedUpgrade;
  /** Absent: no drills. */
  readonly drill?: ResolvedDrill;
  /** Former name, or its name: secrets keep the one that they were made with. */
  readonly formerly: string;
  readonly nodes: readonly ResolvedNode[];
}

/** A drill: whether the newest snapshot of a group's volumes becomes a node, and the newest copy of one. */
export interface ResolvedDrill {
  readonly everyDays: number;
  /** Where the copies are. Absent: there are none. */
  readonly copyTo?: CopySpec;
  /** The throw-away node, one more than the group has: it knows the others, and they do not know of it. */
  readonly node: ResolvedNode;
}

/** What a group may use of the group that serves it. */
export interface ResolvedServer {
  readonly group: string;
  /** What the serving group was called when its secrets were made. The same as `group` when it was never renamed. */
  readonly formerly: string;
  readonly port: Port;
  /** Name of the secret that opens the port. */
  readonly secret?: string;
}

/** One image to build: a client's release from one source. */
export interface ResolvedClient {
  readonly name: string;
  readonly version: string;
  readonly sourceName: string;
  readonly source: ReleaseSource;
  readonly runtimePackages: readonly string[];
  /** Large public files of the network. Absent: none. */
  readonly assets?: Readonly<Record<string, Asset>>;
}

/** A release that waits for its moment. */
export interface ResolvedNext {
  readonly release: string;
  readonly clients: readonly ResolvedClient[];
  readonly at: UpgradeMoment;
}

/** Thresholds of the health verdict and its alarms. */
export interface ResolvedHealth {
  readonly tips: readonly TipReference[];
  readonly minimumTips: 0 | 1 | 2;
  readonly settledDepth: number;
  readonly blockIntervalSec: number;
  /** A node further behind than this is not synced. Blocks. */
  readonly maxBlocksBehind: number;
  /** A tip older than this is an absolute stall. Seconds. */
  readonly maxTipAgeSec: number;
  /** 0 only where a private network has one node. */
  readonly minimumPeers: number;
  /** When the network leaves the running release behind: the earliest upgrade that it does not follow, Unix seconds; 0 where only a height is known. Absent: never, as far as is known. */
  readonly leftBehindAtSec?: number | undefined;
}

/** What is done to a group's nodes without a person. All 0 where the kill switch says so. */
export interface ResolvedSelfHealing {
  readonly restartsPerDay: number;
  readonly growByPercent: number;
}

/** How a new release comes to a group, seconds. */
export interface ResolvedUpgrade {
  /** For how long its first node must be synced without a break before the next one follows. */
  readonly soakSec: number;
  /** How long a node may take from its start to being synced again. */
  readonly limitSec: number;
}

/** One running client set on one host. */
export interface ResolvedNode {
  /** `<group>-<index>`. */
  readonly name: string;
  readonly group: string;
  readonly index: number;
  /** Position in the environment's list of availability zones. */
  readonly zoneIndex: number;
  readonly instanceType: string;
  readonly hostname: string;
  /** Host names of the other nodes of the group. */
  readonly siblings: readonly string[];
  readonly daemons: readonly Daemon[];
  readonly volume: ResolvedVolume;
  /** How its agent asks the node that serves it. Absent: the coin's sync check does not ask there. */
  readonly server?: AgentAccess;
}

/** The data volume of a node. */
export interface ResolvedVolume {
  readonly generation: number;
  readonly sizeGiB: number;
  /** Size beyond which it does not grow by itself. */
  readonly maximumGiB: number;
  readonly type: "gp3" | "io2";
  readonly iops: number;
  readonly throughputMiBPerSec: number | undefined;
  readonly snapshotId: string | undefined;
  /** MiB/s; only with a snapshot. */
  readonly initializationRateMiBPerSec: number | undefined;
}
