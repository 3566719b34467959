/** The network that the fleet lives in: a VPC of its own, or one that exists. */
export type NetworkSpec = OwnNetworkSpec | ExistingNetworkSpec;

/** A VPC of the fleet's own: a public and a private subnet in each zone. */
export interface OwnNetworkSpec {
  /** Address range. @example "10.0.0.0/16" */
  readonly cidr: string;
  /** NAT gateways, by which private nodes reach their peers: none, one for all zones, or one in each zone. */
  readonly natGateways: "none" | "one" | "perZone";
  /** AWS services reached without leaving AWS: only S3 and DynamoDB (`s3`, free), or all that hosts call (`all`, paid by the hour). */
  readonly endpoints: "s3" | "all";
  /** Days for which flow logs are kept; 0: there are none. */
  readonly flowLogDays: number;
}

/** A VPC that somebody else looks after, with its routes, endpoints and flow logs. */
export interface ExistingNetworkSpec {
  readonly vpcId: string;
  /** Subnets by zone. Only the kinds that the groups' `addresses` need. */
  readonly subnets: Readonly<Record<SubnetKind, Readonly<Record<string, string>>>>;
}

/** `public`: with a route to an internet gateway. `private`: without. */
export type SubnetKind = "public" | "private";

/** Settings of the whole account and region, switchable where an account sets them centrally. */
export interface AccountSpec {
  /** New volumes are encrypted even where somebody forgets to say so. */
  readonly ebsEncryptionByDefault: boolean;
  /** No snapshot of the region can be shared with the world. */
  readonly blockPublicSnapshots: boolean;
  /** Scanning of the registry's images: the free scan at push, Inspector's continuous one (paid), or none of our doing. */
  readonly registryScanning: "off" | "basic" | "enhanced";
}

/** Snapshots of the data volumes, taken by Data Lifecycle Manager. */
export interface BackupSpec {
  /** Hours between two snapshots. */
  readonly everyHours: 1 | 2 | 3 | 4 | 6 | 8 | 12 | 24;
  /** Time of day of the first one, UTC. They start within an hour of it. @example "03:00" */
  readonly at: string;
  /** How many snapshots of each volume are kept. */
  readonly keep: number;
  /** Where copies go, encrypted. Absent: they stay in the region. */
  readonly copyTo?: CopySpec | undefined;
  /** Days after which the newest snapshot, and the newest copy, has to prove itself again, by a throw-away node that starts from it. 0: nobody tries. */
  readonly drillEveryDays: number;
}

/** Copies of the snapshots in another region. */
export interface CopySpec {
  readonly region: string;
  /** KMS key of that region. @default - the region's own key for EBS */
  readonly keyArn?: string | undefined;
  /** Days for which a copy is kept. */
  readonly keepDays: number;
}

/** A group's own wishes for its snapshots. */
export type GroupBackupSpec = { readonly [K in keyof BackupSpec]?: BackupSpec[K] | undefined } & {
  /** Whether there are any. @default true */
  readonly enabled?: boolean | undefined;
};

/** What is done to nodes without a person. */
export interface SelfHealingSpec {
  /** The kill switch: without it nobody but a person restarts a node or grows a volume. */
  readonly enabled: boolean;
  /** Restarts of one node that does not get on, in 24 hours at most. 0: none. */
  readonly restartsPerDay: number;
  /** By how much a data volume that is four fifths full grows, percent. 0: it does not. */
  readonly growByPercent: number;
}

/** A group's own wishes. What is off in the environment stays off. */
export type GroupSelfHealingSpec = { readonly [K in keyof SelfHealingSpec]?: SelfHealingSpec[K] | undefined };

/** Keepers that the fleet no longer uses: held, unattached and unprotected, until their line goes too. Even then AWS keeps them. */
export interface RetiredSpec {
  /** Logical names of data volumes. @example "litecoin-3-data-volume-g1" */
  readonly volumes: readonly string[];
  /** Logical names of secrets. @example "litecoin-secrets-rpc-password" */
  readonly secrets: readonly string[];
}

/** What an environment has unless its stack file says otherwise. */
export const environmentDefaults = {
  account: { ebsEncryptionByDefault: true, blockPublicSnapshots: true, registryScanning: "basic" },
  backup: { everyHours: 24, at: "03:00", keep: 7, drillEveryDays: 0 },
  selfHealing: { enabled: true, restartsPerDay: 3, growByPercent: 20 },
  sharedWith: [],
  retired: { volumes: [], secrets: [] },
  adopt: {},
} as const satisfies {
  readonly account: AccountSpec;
  readonly backup: BackupSpec;
  readonly selfHealing: SelfHealingSpec;
  readonly sharedWith: readonly string[];
  readonly retired: RetiredSpec;
  readonly adopt: Readonly<Record<string, string>>;
};

/** The fleet's own network unless the stack file says otherwise. */
export const networkDefaults = { natGateways: "none", endpoints: "s3", flowLogDays: 30 } as const satisfies Partial<OwnNetworkSpec>;
