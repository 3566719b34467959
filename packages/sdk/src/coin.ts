import type { z } from "zod";
import type { Pending, PinnedSha256, ReleaseSource } from "./release.ts";
import type { CoinLogAlarm } from "./log-alarms.ts";
import type { NodeClient, SyncStatus } from "./sync-status.ts";

/** A port of a node. */
export interface Port {
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  /** `public`: peers from anywhere. `internal`: only the groups and CIDRs that the stack file names. `local`: never leaves the host (engine API). */
  readonly exposure: "public" | "internal" | "local";
  /** What it is, for the security-group rule's description. */
  readonly description: string;
}

/** A public service that says how high the chain is. Data, so that it can be shown, budgeted and mocked. */
export interface TipReference {
  readonly name: string;
  readonly url: string;
  /** Path to the height in the JSON answer, for example `data.best_block_height`; empty for a plain number. */
  readonly height: string;
  /** JSON body to POST, for references that are RPC end points. */
  readonly body?: unknown;
}

/** One network of a coin: data only. */
export interface Network {
  /** One of the project's words. Private networks are for tests: they may mine, and nothing on them has value. */
  readonly kind: "main" | "test" | "private";
  /** Ports by role. `p2p` and `rpc` exist on every coin; `ws`, `zmq`, `metrics`, … where the client has them. */
  readonly ports: Readonly<Record<string, Port>>;
  /** Mean time between blocks, seconds. */
  readonly blockIntervalSec: number;
  /** `slots`: blocks come on time. `work`: exponentially distributed. Decides how long a silence is normal. */
  readonly blockArrival: "work" | "slots";
  /** Size of the chain data today, GiB, its growth a year, and where the figures are from. A pending size makes `volume.sizeGiB` of the stack file compulsory. */
  readonly data: { readonly sizeGiB: number | Pending; readonly growthGiBPerYear: number | Pending; readonly source: string };
  /** What the data volume must be able to do. @default gp3's baseline: 3,000 IOPS and 125 MiB/s, which cost nothing extra */
  readonly volume?: { readonly iops: number; readonly throughputMiBPerSec: number };
  /** Memory that the daemons need together, MiB. */
  readonly memoryMiB: number;
  /** EC2 instance type unless the stack file names one. */
  readonly instanceType: string;
  /** Public tip references. Empty on private networks. */
  readonly tips: readonly TipReference[];
  /** How many independent tips (references and siblings) the verdict needs. 2 on public networks; a private network may say 1 (its siblings) or 0 (it is alone). */
  readonly minimumTips: 0 | 1 | 2;
  /** Most nodes of a group: 1 where a private network's client follows nobody, or where each node is a wallet of its own. @default 99 */
  readonly maximumNodes?: number;
  /** Depth below the tip at which two honest nodes never differ; the fork check compares hashes there. */
  readonly settledDepth: number;
  /** Large public files that the clients read, such as the chain's first state: name in {@link assetFolder} → where it is from. In the image, so that they are pinned as binaries are. @default {} */
  readonly assets?: Readonly<Record<string, Asset>>;
}

/** A large public file of a network. */
export interface Asset {
  /** An https address. A file that ends in `.gz` there is unpacked unless its name ends so too. */
  readonly url: string;
  /** Digest of what is at the address. */
  readonly sha256: PinnedSha256;
}

/** Where a container finds one of its network's assets. */
export const assetPath = (name: string): string => `${assetFolder}/${name}`;

/** Folder of the assets in an image. */
export const assetFolder = "/usr/local/share/coinfleet";

/** Another node that a client works with and is nothing without. The stack file says which one serves, under `servedBy`. */
export interface Requirement<N extends string = string> {
  /** What it is, for errors and the catalogue. @example "a bitcoind of the same network" */
  readonly what: string;
  /** Coins whose groups may serve: id → this coin's network → the serving group's network. */
  readonly coins: Readonly<Record<string, Readonly<Partial<Record<N, string>>>>>;
  /** Role of the serving group's port. */
  readonly port: string;
  /** Name of the serving group's secret that opens the port. @default - the port asks for none */
  readonly secret?: string;
  /** Networks on which an https address outside the fleet will do as well. @default [] */
  readonly outside?: readonly N[];
  /** The sync check asks the serving node too, on the port {@link serverPort}: its agent may then read the secret that opens the port. @default false */
  readonly isAsked?: boolean;
}

/** Port on which a sync check reaches the node that serves its own; no port of a network is called so. */
export const serverPort = "server";

/** The node that serves another one: what a {@link Requirement} has become for one node. */
export interface Server {
  /** @example "node1.bitcoin.internal" */
  readonly host: string;
  readonly port: number;
  /** `http://<host>:<port>`, or the stack file's https address. */
  readonly url: string;
  /** Placeholder for the password, filled in on the host. Allowed in `files` only. Empty where the port asks for none. */
  readonly password: string;
}

/** What `daemons()` is given. */
export interface DaemonContext<Options> {
  readonly networkName: string;
  readonly network: Network;
  readonly options: Options;
  /** Directory of the chain data inside the container. */
  readonly dataPath: "/data";
  /** Directory of the rendered files inside the container, read-only, on tmpfs. */
  readonly filesPath: "/etc/coinfleet";
  /** 1-based position in the group. */
  readonly index: number;
  /** DNS names of the other nodes of the group, by rising index: the first `index - 1` of them started before this one. */
  readonly siblings: readonly string[];
  /** Memory for all daemons of the node together, MiB. */
  readonly memoryMiB: number;
  /** The node that serves this one. Throws on a network where the coin requires none: a mistake of its author. */
  server(): Server;
  /** Placeholder for a generated secret, filled in on the host, on tmpfs. Allowed in `files` only. */
  secret(name: string): string;
}

/** One process of a node: a container on the host. */
export interface Daemon {
  /** Container name, for example `litecoind`. */
  readonly name: string;
  /** Which of the coin's clients (= image) it runs. */
  readonly client: string;
  /** Command line; the first word is a binary of the image. */
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Files under `filesPath`: name → text, which may hold secret placeholders. */
  readonly files?: Readonly<Record<string, string>>;
  /** Another daemon of the node whose data directory this one sees as its own: for local sockets. @default - a directory of its own */
  readonly dataOf?: string;
  /** What the client insists on finding in its data directory: path → how it gets there, before each start. */
  readonly dataFiles?: Readonly<Record<string, DataFile>>;
  /** What must run to its end before the daemon's first start. Absent: the daemon begins on an empty directory by itself. */
  readonly firstStart?: FirstStart;
  /**
   * Path below `dataPath` of the JSON file that the client writes when its chain asks for the next release, with the `height` of that. A release that
   * waits for a height takes over when it names that height or a later one. @default - none: it takes over when the node's height is there
   */
  readonly upgradeFile?: string;
  /** It loads native libraries that it first unpacks to `/tmp`, which only then may hold programs. @default false */
  readonly unpacksLibraries?: boolean;
  /** What the kernel must allow beyond what every daemon gets: the client refuses to start without it. @default - 20,000 open files, 64 KiB locked */
  readonly limits?: { readonly openFiles: number; readonly lockedMemoryBytes: number };
  /** Roles of the network's ports that this daemon serves. */
  readonly ports: readonly string[];
  readonly memoryMiB: number;
  /** How long a clean stop may take before it is killed, seconds. */
  readonly stopTimeoutSec: number;
}

/**
 * A file in the data directory: a link to one of `files`, which is the same on every start; or a text that is written once, where there is none, and
 * belongs to the client from then on. The text may hold no secret: it stays on the volume.
 */
export type DataFile = { readonly link: string } | { readonly first: string };
/** How an empty data directory is made ready, by the daemon's own image, confined as the daemon is. */
export interface FirstStart {
  /** Path below `dataPath` that the commands make. Where it is there, for example from a restored archive, none of them runs. */
  readonly creates: string;
  /** Command lines, in their order. The first word of each is a binary of the image. */
  readonly commands: readonly (readonly string[])[];
}

/** How the agent gets at the node's RPC. */
export interface Access {
  /** Role of the port. */
  readonly port: string;
  readonly protocol: "http" | "https-self-signed";
  readonly auth?: {
    readonly user: string;
    /** Name of the generated secret that is the password. */
    readonly secret: string;
    /** How the daemon wants it: an HTTP authentication scheme, or the password in the header that `user` names. @default "basic" */
    readonly scheme?: "basic" | "digest" | "header";
  };
}

/** What a status check may know besides the node itself. */
export interface SyncContext<Options> {
  readonly networkName: string;
  readonly network: Network;
  readonly options: Options;
}

/** Formats of snapshot archives. */
export const archiveFormats = ["tar.zst", "tar.lz4", "tar.gz", "tar.xz", "tar"] as const;

/** One of {@link archiveFormats}. */
export type ArchiveFormat = (typeof archiveFormats)[number];

/** Where an empty volume gets its data. */
export type Snapshot =
  | {
      readonly kind: "archive";
      readonly url: string;
      readonly sha256: string;
      readonly format: ArchiveFormat;
      readonly daemon: string;
    }
  /** The client fetches state or a checkpoint by itself. */
  | { readonly kind: "client"; readonly how: string }
  /** No trusted public snapshot: first node from genesis, later ones from an EBS snapshot pinned in the stack file. */
  | { readonly kind: "none"; readonly reason: string };

/** A network upgrade, or a release that changes the database. */
export interface Upgrade {
  readonly name: string;
  readonly network: string;
  /** First release that follows it. An older one is refused from 14 days before it, and warned about until then. */
  readonly release: string;
  /** Client whose release that is. @default - the coin's first client */
  readonly client?: string;
  /** Dates are `YYYY-MM-DD`, UTC. A height without the date on which it is expected counts as near: nothing here knows how high the chain is. */
  readonly at: { readonly height: number; readonly expected?: string } | { readonly date: string };
  readonly source: string;
}

/** A coin: data and functions of their arguments. Generic over its networks' names and its options only. */
export interface Coin<N extends string = string, Options = unknown> {
  /** Lower-case kebab: folder, package and type name. */
  readonly id: string;
  readonly name: string;
  readonly symbol: string;
  readonly family: string;
  /** Absent = live. */
  readonly status?: { readonly kind: "retired" | "experimental"; readonly reason: string; readonly since: string };
  /** The images of a node: client name → the sources that its release may come from. The first source is production's. */
  readonly clients: Readonly<Record<string, Client>>;
  readonly networks: Readonly<Record<N, Network>>;
  /** What a stack file may set under `options`. */
  readonly options: z.ZodType<Options>;
  /** Names of the secrets to generate, once per group. Each is 32 random bytes as 64 lower-case hex digits. */
  readonly secrets: readonly string[];
  readonly access: readonly Access[];
  daemons(ctx: DaemonContext<Options>): readonly Daemon[];
  syncCheck(node: NodeClient, ctx: SyncContext<Options>): Promise<SyncStatus>;
  /** Hash of the block at a height, for the fork check. */
  blockHash(node: NodeClient, height: number, ctx: SyncContext<Options>): Promise<string>;
  /** Makes one block on a private network, or says why the client cannot. */
  readonly produceBlock: ((node: NodeClient, ctx: SyncContext<unknown>) => Promise<void>) | { readonly unsupported: string };
  readonly snapshot: Readonly<Record<N, Snapshot>>;
  /** Another node that the client needs. Absent: it works alone. */
  readonly requires?: Requirement<NoInfer<N>> | undefined;
  /** Irreplaceable secrets in the data directory. `none`, or what they are: no restore and no rollback then. */
  readonly keys: "none" | { readonly what: string };
  /** Words in the daemons' logs that raise an alarm, besides those of every coin. @default - none of its own */
  readonly logAlarm?: CoinLogAlarm | undefined;
  /** Whether an older release can open a database that a newer one wrote. */
  readonly databaseSurvivesDowngrade: boolean;
  readonly upgrades: readonly Upgrade[];
}

/** One image of a coin: a client of the field's (bitcoind, geth, lighthouse). */
export interface Client {
  /** Source name (`upstream`, `debian`, `go`, …) → source. The first is the default. */
  readonly sources: Readonly<Record<string, ReleaseSource>>;
  /** Packages of the base image's distribution that the binaries need at run time. @default [] */
  readonly runtimePackages?: readonly string[];
  /** Programs of those packages that a command line may start with, for example `java`. @default [] */
  readonly runtimePrograms?: readonly string[];
}

/** Declares a coin. An identity function: it only gives the types. */
export function defineCoin<const N extends string, Options>(coin: Coin<N, Options>): Coin<N, Options> {
  return coin;
}
