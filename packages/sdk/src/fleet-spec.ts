import type { ArchiveFormat, TipReference } from "./coin.ts";
import type {
  AccountSpec,
  BackupSpec,
  GroupBackupSpec,
  GroupSelfHealingSpec,
  NetworkSpec,
  RetiredSpec,
  SelfHealingSpec,
} from "./environment-spec.ts";
import type { Architecture } from "./release.ts";

/** What an environment's stack file says under `coinfleet:fleet`: parsed, typed, defaults not yet applied. */
export interface FleetSpec {
  /** Name of the Pulumi stack. Part of resource names, parameter paths and tags. */
  readonly environment: string;
  /** Stack file, for error messages. @example "stacks/Pulumi.sandbox.yaml" */
  readonly file: string;
  /** Availability zones of the environment, in order. Node N of a group goes to zone (N − 1) modulo their number; never reorder them while nodes exist. */
  readonly zones: readonly string[];
  /** The environment's VPC: its own by `cidr`, or an existing one. */
  readonly network: NetworkSpec;
  readonly images: ImagesSpec;
  readonly machineImage: MachineImageSpec;
  readonly alerts: AlertsSpec;
  readonly logs: LogsSpec;
  readonly account: AccountSpec;
  /** Snapshots of every group's volumes; a group may say otherwise. */
  readonly backup: BackupSpec;
  /** What is done to nodes without a person; a group may say less. */
  readonly selfHealing: SelfHealingSpec;
  /** Accounts that may use this environment's images and machine images. */
  readonly sharedWith: readonly string[];
  readonly retired: RetiredSpec;
  /** Logical name of a data volume or secret → id or ARN of the one that exists already and is taken over in place of a new one. */
  readonly adopt: Readonly<Record<string, string>>;
  /** ARN of the IAM policy that bounds every role of the environment. @default - none */
  readonly permissionsBoundary?: string | undefined;
  /** Groups by name. The name is a DNS label: `node<N>.<group>.internal`. */
  readonly nodes: Readonly<Record<string, GroupSpec>>;
}

/** Settings of the container images. */
export interface ImagesSpec {
  /** Base image of every client's image: a Debian 12 "slim". On AWS with its digest. */
  readonly base: string;
  /** `<repository>-<tag>` → image by digest, as another environment exported it and a person promoted it. Nothing is built for it. */
  readonly promoted: Readonly<Record<string, string>>;
}

/** The machine image of the hosts: one that exists for each architecture (`ids`), or one that Packer builds from a distribution's (`source`). */
export type MachineImageSpec =
  | { readonly ids: Readonly<Partial<Record<Architecture, string>>>; readonly distribution: Distribution }
  | {
      readonly source: { readonly name: string; readonly owner: string };
      readonly distribution: Distribution;
      /** User that Packer connects as. @example "debian" */
      readonly sshUser: string;
      /** Instance type of the build. @example "m6i.large" */
      readonly instanceType: string;
    };

/** Linux distribution of the hosts: decides how packages are installed, nothing else. */
export type Distribution = "debian" | "amazon-linux-2023";

/** Who hears of alarms. */
export interface AlertsSpec {
  /** Somebody has to get up. */
  readonly page: readonly SubscriptionSpec[];
  /** Can wait until the morning. */
  readonly warn: readonly SubscriptionSpec[];
}

/** Where a message of an SNS topic goes: a subscription, or a Slack channel through AWS Chatbot. */
export type SubscriptionSpec =
  | {
      readonly protocol: "email" | "https" | "sqs" | "lambda" | "sms";
      /** Address, URL, number or ARN, by protocol. */
      readonly endpoint: string;
      /** Nobody has to confirm it by hand: https end points of paging services. */
      readonly confirmsItself: boolean;
    }
  | SlackChannelSpec;

/** A Slack channel. Its workspace has let AWS Chatbot in, which a person does once in its console. */
export interface SlackChannelSpec {
  readonly protocol: "slack";
  /** @example "T0123ABCDEF" */
  readonly workspace: string;
  /** @example "C0123ABCDEF" */
  readonly channel: string;
}

/** Where the daemons' logs go. */
export interface LogsSpec {
  /** Days that CloudWatch keeps the daemons' logs. Cost: storage at about $0.03 per GiB and month. */
  readonly retentionDays: number;
  /** A GELF input that gets them in place of CloudWatch. @default - none: CloudWatch Logs @example "tcp://graylog.example.internal:12201" */
  readonly gelf?: string | undefined;
}

/** One group: the nodes of one coin on one network. Only `network` must be said. */
export interface GroupSpec {
  /** Id of the coin. @default - the group's name */
  readonly coin?: string | undefined;
  /** Name of the coin's network. @example "mainnet" */
  readonly network: string;
  /** Number of nodes. @default 1 */
  readonly count?: number | undefined;
  /** Client → name of the source its release comes from. @default - each client's first source, which is production's */
  readonly sources?: Readonly<Record<string, string>> | undefined;
  /** Client → version. @default - the version that the chosen source pins */
  readonly release?: Readonly<Record<string, string>> | undefined;
  /** The coin's own options. @default - those of the coin's schema */
  readonly options?: unknown;
  /** Private networks only: the first node makes a block that often, in seconds. @default - it makes none */
  readonly blockEverySec?: number | undefined;
  /** EC2 instance type. Decides most of the price. @default - the network's */
  readonly instanceType?: string | undefined;
  /** CPU architecture. @default - that of the instance type */
  readonly architecture?: Architecture | undefined;
  readonly volume?: VolumeSpec | undefined;
  /** An archive of chain data that empty volumes start from. @default - the coin's own way */
  readonly restore?: RestoreSpec | undefined;
  /** Addresses of the nodes: a public one that changes with the host, an elastic one that stays, or none from outside. @default "public" */
  readonly addresses?: AddressPolicy | undefined;
  /** One name for all nodes, behind an internal load balancer; without it the name is spread by weighted records. @default false */
  readonly loadBalancer?: boolean | undefined;
  /** Where the snapshots of this group's volumes differ from the environment's. @default - they do not */
  readonly backup?: GroupBackupSpec | undefined;
  /** Where what is done to this group's nodes without a person differs from the environment's. @default - it does not */
  readonly selfHealing?: GroupSelfHealingSpec | undefined;
  /** How a new release is tried on the group's first node. @default - as its network asks for */
  readonly upgrade?: UpgradeSpec | undefined;
  /** Former name of the group: its volumes and secrets are kept under the new one. @default - it never had another */
  readonly formerly?: string | undefined;
  /** CIDRs outside the fleet that may use the internal ports (RPC). @default [] */
  readonly allowedCidrs?: readonly string[] | undefined;
  /** Tip references instead of the network's. @default - the network's */
  readonly tips?: readonly TipReference[] | undefined;
  /** What serves a client that needs another node: a group of this file by name, or an https address where the coin allows one. @default - none */
  readonly servedBy?: string | undefined;
  /** Says that a coin marked `retired` is meant. @default false */
  readonly acceptRetired?: boolean | undefined;
}

/** How a new release comes to a group: its first node is the trial for the others. */
export interface UpgradeSpec {
  /** For how long the first node must be synced without a break before the next one gets the release, minutes. @default - the time of six blocks, 2 to 60; 0 on private networks */
  readonly soakMinutes?: number | undefined;
  /** How long a node may take from its start to being synced again before it goes back to its old release, minutes. @default 60 */
  readonly limitMinutes?: number | undefined;
  /** A release that all nodes of the group take by themselves at one moment: a coordinated upgrade. @default - none */
  readonly next?: NextReleaseSpec | undefined;
}

/** A release that waits for its height or its time. Exactly one of the two is said. */
export interface NextReleaseSpec {
  /** Client → version, from the same source as today's. Clients that are not named keep theirs. */
  readonly release: Readonly<Record<string, string>>;
  /** Height of the chain's upgrade where the client writes down that it waits for a release (`upgradeFile` of its daemon); elsewhere a height before it. */
  readonly atHeight?: number | undefined;
  /** @example "2026-12-01T14:00:00Z" */
  readonly atTime?: string | undefined;
}

/** An archive of chain data, for example the operator's own. It is fetched and checked on the host before the daemon sees any of it. */
export interface RestoreSpec {
  /** Where it is: http or https, because the digest decides what is accepted. */
  readonly url: string;
  /** SHA-256 of the archive as it is stored, 64 hex digits. */
  readonly sha256: string;
  readonly format: ArchiveFormat;
  /** Whose data it holds. @default - the node's only daemon */
  readonly daemon?: string | undefined;
}
/** How a node is reached: from anywhere at an address that changes with the host, at one that does not, or from inside only. */
export type AddressPolicy = "public" | "elastic" | "private";

/** The data volume of each node of a group. */
export interface VolumeSpec {
  /** First size, GiB; later a minimum. @default - the chain data and a year of growth, plus a quarter; 2 on private networks */
  readonly sizeGiB?: number | undefined;
  /** Size beyond which the volume does not grow by itself, GiB. @default - twice the first size */
  readonly maximumGiB?: number | undefined;
  /** EBS volume type. @default "gp3" */
  readonly type?: "gp3" | "io2" | undefined;
  /** Provisioned IOPS. Above 3,000 gp3 costs about $0.005 per IOPS and month. @default - the network's need */
  readonly iops?: number | undefined;
  /** gp3 only: MiB/s. Above 125 about $0.04 per MiB/s and month. @default - the network's need */
  readonly throughput?: number | undefined;
  /** A new number makes new, empty volumes beside the retained old ones. @default 1 */
  readonly generation?: number | undefined;
  /** EBS snapshot id that new volumes start from. @default - none: the coin's own way */
  readonly snapshot?: string | undefined;
  /** Rate at which a volume from a snapshot is filled, MiB/s. @default - none promised: lazily, as blocks are read */
  readonly initializationRate?: number | undefined;
  /** Node → its own volume, where it was replaced without its siblings'. @default - none */
  readonly replaced?: Readonly<Record<string, ReplacedVolumeSpec>> | undefined;
}

/** Where the volume of one node differs from its group's. */
export interface ReplacedVolumeSpec {
  /** Higher than the group's: a new volume beside the retained old one. */
  readonly generation: number;
  /** EBS snapshot id that it starts from. @default - the group's */
  readonly snapshot?: string | undefined;
  /** Least first size, GiB, where the snapshot is of a volume that has grown beyond the group's. @default - the group's */
  readonly sizeGiB?: number | undefined;
}
