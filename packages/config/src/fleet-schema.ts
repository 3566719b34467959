import { archiveFormats } from "@coinfleet/sdk";
import { z } from "zod";
import { alertsSchema } from "./alerts-schema.ts";
import {
  accountSchema,
  adoptSchema,
  backupSchema,
  cidr,
  groupBackupSchema,
  groupSelfHealingSchema,
  networkSchema,
  permissionsBoundarySchema,
  retiredSchema,
  selfHealingSchema,
  sharedWithSchema,
  zonesSchema,
} from "./environment-schema.ts";
import { price } from "./prices.ts";

// What an editor shows for each key is its description here; the resolved meaning is in the SDK's FleetSpec.

const name = z.string().min(1, "a text");

const tip = z.strictObject({
  name: name.describe("Name of the reference, as status shows it."),
  url: z.url("an https address").describe("Address that answers with the height."),
  height: z.string().describe("Path to the height in the JSON answer, for example `data.best_block_height`; empty for a plain number."),
  body: z.unknown().optional().describe("JSON body to POST, for references that are RPC end points. Default: none, a GET."),
});

const snapshotId = z.string().regex(/^snap-[0-9a-f]{8,17}$/, "a snapshot id, for example snap-0123456789abcdef0");

/** GiB. */
const volumeSize = z.int().min(1).max(65_536).optional();

const replacedVolume = z.strictObject({
  generation: z
    .int()
    .min(2)
    .max(999)
    .describe("Number of the volume: higher than the group's. The old volume stands under retired.volumes."),
  snapshot: snapshotId.optional().describe("EBS snapshot that the volume is made from. Default: the group's."),
  sizeGiB: volumeSize.describe(
    "First size, GiB, where the snapshot is of a volume that has grown beyond the group's sizeGiB; at least that one. Default: the group's.",
  ),
});

const volume = z.strictObject({
  sizeGiB: volumeSize.describe(
    "First size of each node's data volume, GiB; later a minimum. It is never lowered. Default: chain data, a year of growth and a quarter. gp3 costs about $0.10 per GiB and month.",
  ),
  maximumGiB: volumeSize.describe(
    "Size beyond which a volume does not grow by itself, GiB. It grows when it is four fifths full, by the step that selfHealing names. Default: twice sizeGiB.",
  ),
  type: z
    .enum(["gp3", "io2"])
    .optional()
    .describe(
      "EBS volume type. Default: gp3. io2 is for chains that gp3's latency holds back, at about $0.15 per GiB and month, plus $0.08 per IOPS.",
    ),
  iops: z
    .int()
    .min(100)
    .max(256_000)
    .optional()
    .describe("Provisioned IOPS. Default: what the network needs. Above 3,000, gp3 costs about $0.006 per IOPS and month."),
  throughput: z
    .int()
    .min(125)
    .max(2_000)
    .optional()
    .describe("Throughput in MiB/s, gp3 only. Default: what the network needs. Above 125 about $0.05 per MiB/s and month."),
  generation: z.int().min(1).optional().describe("A higher number makes new volumes beside the retained old ones. Default: 1."),
  snapshot: snapshotId
    .optional()
    .describe(
      "EBS snapshot that new volumes are made from: what `coinfleet snapshot pin` writes. Volumes that exist keep what they hold. Default: none, the coin's own way.",
    ),
  initializationRate: z
    .int()
    .min(100)
    .max(300)
    .optional()
    .describe(
      "MiB/s at which a volume from a snapshot is filled: 100 is 2.9 hours for each TiB, 300 one (computed). Default: as blocks are read, which is slow for days. Paid for each GiB.",
    ),
  replaced: z
    .record(z.string(), replacedVolume)
    .optional()
    .describe(
      "Node → a volume of its own in the place of the group's: what `coinfleet replace` writes for a node whose data is damaged. The line stays. Default: none.",
    ),
});

const restore = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: "an http or https address" })
    .describe("Where the archive is. Its digest decides what is accepted."),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits")
    .describe("SHA-256 of the archive as it is stored."),
  format: z.enum(archiveFormats).describe("How it is packed."),
  daemon: name.optional().describe("Whose data it holds. Default: the node's only daemon."),
});

const nextRelease = z
  .strictObject({
    release: z
      .record(z.string(), name)
      .describe(
        "Client → version, newer than today's and from the same source. Clients that are not named keep theirs. Write it in quotes.",
      ),
    atHeight: z
      .int()
      .min(1)
      .optional()
      .describe(
        "Height of the chain's upgrade. Coins whose client writes down that its chain waits for a release (Cosmos SDK) take the new one then; others when their own height is there, which for a hard fork must be one before it. Default: none, atTime says when.",
      ),
    atTime: z.iso
      .datetime({ precision: 0, error: "a time in UTC to the second, for example 2026-12-01T14:00:00Z" })
      .optional()
      .describe(
        "Time at which the release takes over, UTC, for example 2026-12-01T14:00:00Z, in quotes. Default: none, atHeight says when.",
      ),
  })
  .superRefine(({ atHeight, atTime }, context) => {
    const message = `either atHeight or atTime${atHeight === undefined ? "" : ", not both"}`;
    if ((atHeight === undefined) === (atTime === undefined)) context.addIssue({ code: "custom", path: ["atHeight"], message });
  })
  .meta({ oneOf: [{ required: ["atHeight"] }, { required: ["atTime"] }] });

const upgrade = z.strictObject({
  soakMinutes: z
    .number()
    .min(0)
    .max(120)
    .optional()
    .describe(
      "For how long the group's first node must be synced with a new release, without a break, before the next node gets it. Minutes. Default: the time of six blocks, 2 to 60; 0 on private networks.",
    ),
  limitMinutes: z
    .number()
    .min(1)
    .max(10_080)
    .optional()
    .describe(
      "How long a node may take to be synced again with a new release before it goes back to the old one. Minutes from its start. Default: 60.",
    ),
  next: nextRelease
    .optional()
    .describe(
      "A release that every node takes by itself at a height or a time, all at once: a coordinated upgrade. Its images are on the hosts before. When it runs, write it under release and remove this. Default: none.",
    ),
});

/** One group. Only `network` must be said. */
const groupSchema = z.strictObject({
  coin: name.optional().describe("Id of the coin. Default: the group's name."),
  network: name.describe("Name of the coin's network, for example mainnet."),
  count: z
    .int()
    .optional()
    .describe("Number of nodes, one after the other over the zones. Default: 1. Two or more stay up through an upgrade."),
  sources: z.record(z.string(), name).optional().describe("Client → source of its release. Default: each client's first source."),
  release: z
    .record(z.string(), name)
    .optional()
    .describe("Client → version. Default: the version that the source pins. Write it in quotes."),
  options: z.record(z.string(), z.unknown()).optional().describe("The coin's own options. Default: those of the coin."),
  blockEverySec: z
    .number()
    .positive()
    .optional()
    .describe("Private networks only: the first node makes a block that often, seconds. Default: it makes none."),
  instanceType: z
    .string()
    .regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, "an EC2 instance type, for example m7g.large")
    .optional()
    .describe("EC2 instance type. Decides most of the price. Default: the network's. A change replaces the instances, one at a time."),
  architecture: z.enum(["x86_64", "arm64"]).optional().describe("CPU architecture. Default: that of the instance type."),
  volume: volume
    .optional()
    .describe(
      "Data volume of each node. Protected, kept when the node goes. Default: a gp3 volume of the size and speed that the network needs.",
    ),
  restore: restore
    .optional()
    .describe("Archive of chain data that empty volumes start from. Default: the coin's own way. A volume with data never takes it."),
  addresses: z
    .enum(["public", "elastic", "private"])
    .optional()
    .describe(
      `Addresses of the nodes: public, a new one with each host; elastic, which stays with the node; private, none from outside (peers do not find the node; it finds them through a NAT gateway). Default: public. Public and elastic cost ${price("publicAddressHour")} and node.`,
    ),
  loadBalancer: z
    .boolean()
    .optional()
    .describe(
      `Whether <group>.internal is an internal load balancer, which drops a node that is not synced within 30 seconds. Without one the name is spread by DNS, which takes minutes. Default: false. Costs ${price("loadBalancerHour")}.`,
    ),
  backup: groupBackupSchema.optional(),
  selfHealing: groupSelfHealingSchema.optional(),
  upgrade: upgrade.optional().describe("How a new release comes to the group: its first node tries it. Default: as its network asks for."),
  formerly: name
    .optional()
    .describe(
      "Former name of this group. Its volumes and secrets are kept; the hosts are replaced one at a time. The line stays. Default: none.",
    ),
  allowedCidrs: z.array(cidr).optional().describe("CIDRs outside the group that may use the internal ports (RPC). Default: none."),
  tips: z.array(tip).optional().describe("Tip references in place of the network's own. Default: the network's."),
  servedBy: name
    .optional()
    .describe(
      "What serves a client that needs another node: a group of this file, or an https address where the coin allows one. Default: none; needed by coins whose client is nothing without.",
    ),
  acceptRetired: z.boolean().optional().describe("Says that a coin marked as retired is meant. Default: false."),
});

const source = z.strictObject({
  name: name.describe("Name of the distribution's AMI. Pinned: a name without wildcards."),
  owner: z
    .string()
    .regex(/^(\d{12}|amazon)$/, "an account id of twelve digits in quotes, or amazon")
    .describe("Account that owns the AMI, in quotes."),
});

const amiId = z.string().regex(/^ami-[0-9a-f]{8,17}$/, "an AMI id, for example ami-0123456789abcdef0");

const machineImage = z
  .strictObject({
    ids: z
      .strictObject({
        x86_64: amiId.optional().describe("AMI for Intel and AMD. Needed where a group has such hosts."),
        arm64: amiId.optional().describe("AMI for Graviton. Needed where a group has such hosts."),
      })
      .optional()
      .describe(
        "AMIs that exist already, built from the same template: what `coinfleet promote` writes. Nothing is built then. Default: none, one is built.",
      ),
    source: source.optional().describe("The distribution's AMI that Packer builds from. Needed where there are no ids, and only then."),
    distribution: z
      .enum(["debian", "amazon-linux-2023"])
      .describe("Linux distribution of the hosts: decides how packages are installed, nothing else."),
    sshUser: name
      .optional()
      .describe("User that Packer connects as, for example debian. Needed with source. The hosts themselves have no SSH."),
    instanceType: name
      .optional()
      .describe("Instance type of the build, for example m6i.large. Needed with source. Costs cents, for some minutes."),
  })
  .superRefine((value, context) => {
    const missing = (key: string): void =>
      context.addIssue({ code: "custom", path: [key], message: "needed where there is a source to build from" });
    if (value.ids === undefined) {
      if (value.source === undefined)
        context.addIssue({ code: "custom", path: ["source"], message: "either ids, or source with sshUser and instanceType" });
      if (value.sshUser === undefined) missing("sshUser");
      if (value.instanceType === undefined) missing("instanceType");
    } else if (value.source !== undefined) {
      context.addIssue({ code: "custom", path: ["ids"], message: "either ids or source, not both" });
    }
  })
  .meta({ oneOf: [{ required: ["ids"] }, { required: ["source", "sshUser", "instanceType"] }] });

/** Base of every client's image where a stack file names no other. */
export const defaultBaseImage = "public.ecr.aws/debian/debian:bookworm-slim";

/** What a stack file says under `coinfleet:fleet`. */
export const fleetSchema = z.strictObject({
  zones: zonesSchema,
  network: networkSchema,
  images: z
    .strictObject({
      base: name
        .default(defaultBaseImage)
        .describe("Base image of every client's image: a Debian 12 slim. With its digest, so that it stays the same."),
      promoted: z
        .record(z.string(), z.string().regex(/^[^\s@]+@sha256:[0-9a-f]{64}$/, "an image by digest: <repository>@sha256:<64 hex digits>"))
        .default({})
        .describe(
          "Images that another environment has built, by name and tag: what `coinfleet promote` writes. They are not built again. Default: none.",
        ),
    })
    .prefault({})
    .describe("Container images."),
  machineImage: machineImage.describe("Machine image of the hosts."),
  alerts: alertsSchema,
  logs: z
    .strictObject({
      retentionDays: z
        .literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653])
        .describe(
          "Days that CloudWatch keeps the daemons' logs. Default: 30. Storage costs about $0.03 per GiB and month; taking them in, $0.63 per GiB.",
        ),
      gelf: z
        .string()
        .regex(
          /^(tcp|udp):\/\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?:([1-9]\d{0,4})$/,
          "tcp:// or udp://, a host and a port, for example tcp://graylog.example.internal:12201",
        )
        .optional()
        .describe(
          "GELF input (Graylog) that gets the logs in place of CloudWatch: over tcp every line of the host, kept there until the server is back; over udp the daemons' lines, lost while it is away. Default: none, CloudWatch Logs. A change restarts the daemons, one node at a time.",
        ),
    })
    .prefault({ retentionDays: 30 })
    .describe("Logs of the daemons."),
  account: accountSchema,
  backup: backupSchema,
  selfHealing: selfHealingSchema,
  sharedWith: sharedWithSchema,
  retired: retiredSchema,
  adopt: adoptSchema,
  permissionsBoundary: permissionsBoundarySchema,
  nodes: z
    .record(z.string(), groupSchema)
    .describe("Groups by name: the nodes of one coin on one network. The name becomes node<N>.<group>.internal."),
});
