import { environmentDefaults, networkDefaults } from "@coinfleet/sdk";
import { z } from "zod";
import { price } from "./prices.ts";

const zoneName = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-h]$/, "an availability zone, for example eu-central-1a");
const subnetId = z.string().regex(/^subnet-[0-9a-f]{8,17}$/, "a subnet id, for example subnet-0123456789abcdef0");
/** A region's name. */
export const regionName = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "a region, for example eu-west-1");
/** An account's number. */
export const accountId = z.string().regex(/^\d{12}$/, "an account id: twelve digits, in quotes");
const keyArn = z.string().regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/.+$/, "the ARN of a KMS key");

/** An IPv4 range. */
export const cidr = z.cidrv4("an IPv4 CIDR, for example 10.0.0.0/16");

/** Availability zones of an environment. */
export const zonesSchema = z
  .array(zoneName)
  .max(6)
  .describe("Availability zones, in order; two or three. New ones go to the end: a volume cannot leave its zone.");

const subnets = z.record(zoneName, subnetId);

/** A VPC of the fleet's own, or an existing one. One mapping, so that each message can name its key. */
export const networkSchema = z
  .strictObject({
    cidr: cidr
      .optional()
      .describe(
        "Address range of the fleet's own VPC, needed for one, /16 to /22. Each zone takes a sixteenth for public and one for private nodes. It cannot be changed later.",
      ),
    natGateways: z
      .enum(["none", "one", "perZone"])
      .optional()
      .describe(
        `NAT gateways for groups with private addresses: none, one for all zones (which fails with its zone), or one in each. Default: ${networkDefaults.natGateways}. Each costs ${price("natGatewayHour")} and ${price("natGatewayGiB")}.`,
      ),
    endpoints: z
      .enum(["s3", "all"])
      .optional()
      .describe(
        `AWS services that hosts reach without leaving AWS: S3 and DynamoDB alone (s3), which are free, or all that they call (SSM, ECR, logs, monitoring, secrets, KMS). Default: ${networkDefaults.endpoints}. The ten paid ones cost ${price("interfaceEndpointHour")} each and zone.`,
      ),
    flowLogDays: z
      .literal([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731])
      .optional()
      .describe(
        `Days for which the VPC's flow logs (rejected traffic) are kept; 0: none. Default: ${networkDefaults.flowLogDays}. Costs ${price("flowLogGiB")}.`,
      ),
    vpcId: z
      .string()
      .regex(/^vpc-[0-9a-f]{8,17}$/, "a VPC id, for example vpc-0123456789abcdef0")
      .optional()
      .describe(
        "An existing VPC in place of an own one. Its routes, endpoints, flow logs and default security group are its owner's. Default: an own one.",
      ),
    subnets: z
      .strictObject({
        public: subnets.default({}).describe("Zone → subnet with a route to an internet gateway. Default: none."),
        private: subnets.default({}).describe("Zone → subnet without one, with a NAT gateway's route. Default: none."),
      })
      .optional()
      .describe("Subnets of the existing VPC, by zone, of the kinds that the groups' `addresses` use. Needed with vpcId, and only then."),
  })
  .superRefine((value, context) => {
    const { cidr: own, vpcId, subnets: existing, ...ownOnly } = value;
    const say = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
    if (vpcId === undefined) {
      if (own === undefined) say("cidr", "either cidr, for a VPC of the fleet's own, or vpcId with subnets");
      if (existing !== undefined) say("subnets", "only with vpcId: a VPC of the fleet's own makes its subnets");
      return;
    }
    if (own !== undefined) say("cidr", "either cidr or vpcId, not both");
    if (existing === undefined) say("subnets", "needed with vpcId");
    for (const [key, given] of Object.entries(ownOnly))
      if (given !== undefined) say(key, "only for a VPC of the fleet's own: an existing one is its owner's");
  })
  .meta({
    if: { required: ["vpcId"] },
    then: { required: ["subnets"], properties: { cidr: false, natGateways: false, endpoints: false, flowLogDays: false } },
    else: { required: ["cidr"], properties: { subnets: false } },
  })
  .describe(`The VPC that the fleet lives in. No cost by itself; each node's public address costs ${price("publicAddressHour")}.`);

const copyTo = z.strictObject({
  region: regionName.describe("Region of the copies: another one than the fleet's."),
  keyArn: keyArn
    .optional()
    .describe(
      "KMS key of that region. Default: the region's own key for EBS, which no other account can use. The drills' role can use a key of this account that has the tag coinfleet:environment with the environment's name.",
    ),
  keepDays: z.int().min(1).max(3650).default(7).describe("Days for which a copy is kept. Default: 7."),
});

const { backup: backups, account, retired, selfHealing } = environmentDefaults;

const schedule = {
  everyHours: z
    .literal([1, 2, 3, 4, 6, 8, 12, 24])
    .describe(
      `Hours between two snapshots of a volume. Default: ${backups.everyHours}. Snapshots hold changed blocks only: ${price("snapshotGiB")}.`,
    ),
  at: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a time of day in quotes, for example 03:00")
    .describe(`Time of the first one, UTC, in quotes. They start within an hour of it. Default: ${backups.at}.`),
  keep: z.int().min(1).max(1000).describe(`How many snapshots of each volume are kept. Default: ${backups.keep}.`),
  copyTo: copyTo.optional().describe("Encrypted copies in another region. Default: none. Costs the copy's storage and the transfer."),
  drillEveryDays: z
    .int()
    .min(0)
    .max(365)
    .describe(
      `Days after which \`coinfleet drill --all\` has the newest snapshot prove itself again: a throw-away node starts from it, syncs, and goes. The same, in a drill of its own, for the newest copy where there is copyTo. An alarm rings when that does not happen. 0: no drills. Default: ${backups.drillEveryDays}. A drill costs the node's instance and volume for its hours, and one of a copy the transfer back and its storage for as long; each alarm $0.10 a month.`,
    ),
};

/** Backups of the environment. */
export const backupSchema = z
  .strictObject({
    everyHours: schedule.everyHours.default(backups.everyHours),
    at: schedule.at.default(backups.at),
    keep: schedule.keep.default(backups.keep),
    copyTo: schedule.copyTo,
    drillEveryDays: schedule.drillEveryDays.default(backups.drillEveryDays),
  })
  .prefault({})
  .describe("Snapshots of all data volumes, by Data Lifecycle Manager. A group may say otherwise.");

/** Backups of a group, where they differ from the environment's. */
export const groupBackupSchema = z
  .strictObject({
    enabled: z.boolean().optional().describe("Whether there are snapshots at all. Default: true."),
    everyHours: schedule.everyHours.optional(),
    at: schedule.at.optional(),
    keep: schedule.keep.optional(),
    copyTo: schedule.copyTo,
    drillEveryDays: schedule.drillEveryDays.optional(),
  })
  .describe("Where this group's snapshots differ from the environment's. Default: they do not. Chains whose data holds keys have none.");

const healing = {
  enabled: z.boolean(),
  restartsPerDay: z
    .int()
    .min(0)
    .max(24)
    .describe(
      `How often a node that makes no progress while others do is restarted, in 24 hours at most; half an hour apart and never beside another node of its group. 0: never. Default: ${selfHealing.restartsPerDay}.`,
    ),
  growByPercent: z
    .int()
    .min(0)
    .max(100)
    .describe(
      `By how much a data volume that is four fifths full grows, up to its maximumGiB and three times in 24 hours. 0: never. Default: ${selfHealing.growByPercent}. Costs the added GiB; EBS cannot take them back.`,
    ),
};

/** What is done without a person. */
export const selfHealingSchema = z
  .strictObject({
    enabled: healing.enabled
      .default(selfHealing.enabled)
      .describe(
        "The kill switch: false, and nobody but a person restarts a node or grows a volume, whatever the groups say. For single nodes at once: `coinfleet hold`. Default: true.",
      ),
    restartsPerDay: healing.restartsPerDay.default(selfHealing.restartsPerDay),
    growByPercent: healing.growByPercent.default(selfHealing.growByPercent),
  })
  .prefault({})
  .describe("What is done to nodes without a person: restarts of stuck ones, growth of volumes.");

/** The same of a group, where it differs. */
export const groupSelfHealingSchema = z
  .strictObject({
    enabled: healing.enabled.optional().describe("Whether anything is done to this group's nodes without a person. Default: true."),
    restartsPerDay: healing.restartsPerDay.optional(),
    growByPercent: healing.growByPercent.optional(),
  })
  .describe("Where this group differs from the environment in what is done without a person. Default: it does not.");

/** Account-wide settings. */
export const accountSchema = z
  .strictObject({
    ebsEncryptionByDefault: z
      .boolean()
      .default(account.ebsEncryptionByDefault)
      .describe("New volumes of the region are encrypted, whoever makes them. Off where the account is managed centrally. Default: true."),
    blockPublicSnapshots: z
      .boolean()
      .default(account.blockPublicSnapshots)
      .describe("No snapshot of the region can be public. Off where the account is managed centrally. Default: true."),
    registryScanning: z
      .enum(["off", "basic", "enhanced"])
      .default(account.registryScanning)
      .describe(
        `How the registry scans our images: basic at each push, free; enhanced all the time, by Inspector, ${price("enhancedScan")}; off where the account is managed centrally. Default: ${account.registryScanning}.`,
      ),
  })
  .prefault({})
  .describe("Settings of the whole account and region. They stay when the environment goes. One environment of an account sets them.");

/** Keepers that are no longer used. */
export const retiredSchema = z
  .strictObject({
    volumes: z
      .array(z.string().regex(/^[a-z0-9-]+-\d+-data-volume-g\d+$/, "a volume's name, for example litecoin-2-data-volume-g1"))
      .default([...retired.volumes])
      .describe(
        "Data volumes that no node uses any more: kept, unattached and paid for. Remove the line, and AWS alone keeps them. Default: none.",
      ),
    secrets: z
      .array(z.string().regex(/^[a-z0-9-]+-secrets-[a-z0-9-]+$/, "a secret's name, for example litecoin-secrets-rpc-password"))
      .default([...retired.secrets])
      .describe("Secrets that no group uses any more. Remove the line, and AWS alone keeps them. Default: none."),
  })
  .prefault({})
  .describe("What a removed node or group leaves behind. Nothing with data goes before it stands here.");

/** Existing volumes and secrets to take over. */
export const adoptSchema = z
  .record(
    z.string(),
    z
      .string()
      .regex(
        /^(vol-[0-9a-f]{8,17}|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+)$/,
        "a volume id, for example vol-0123456789abcdef0, or a secret's ARN",
      ),
  )
  .default({})
  .describe(
    "Data volume or secret by name → id or ARN of an existing one that is taken over in its place, once. Remove the line after the next `up`. Default: none.",
  );

/** Accounts that may use what this environment makes. */
export const sharedWithSchema = z
  .array(accountId)
  .default([])
  .describe("Accounts that may pull this environment's images and launch its machine images, for promotion. Default: none.");

/** What no role of the environment may pass. */
export const permissionsBoundarySchema = z
  .string()
  .regex(/^arn:aws[a-z-]*:iam::\d{12}:policy\/.+$/, "the ARN of an IAM policy")
  .optional()
  .describe(
    "IAM policy that bounds every role of the environment: the account's bootstrap stack makes it, and its pipeline may make no role without. Default: none.",
  );
