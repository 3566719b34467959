import { z } from "zod";

/**
 * What `coinfleet drill` needs to know of a group, as the program writes it and the command reads it: the value of the parameter {@link drillPlanPath}.
 * So a drill uses what the group itself was brought up with, and no stack file that has changed since.
 */
export const drillPlanSchema = z.strictObject({
  version: z.literal(1),
  group: z.string(),
  everyDays: z.number(),
  /** Value of the tag `coinfleet:backup` on the group's snapshots. */
  backup: z.string(),
  /** Where the copies of these snapshots are, and the key that they are encrypted with; without one, that region's own for EBS. Absent: there are none. */
  copies: z.strictObject({ region: z.string(), keyArn: z.string().optional() }).optional(),
  /** The throw-away node. Its parameters are below {@link parameterPrefix}. */
  node: z.string(),
  /** The group's nodes, whose chain it must have. */
  nodes: z.array(z.string()),
  launch: z.strictObject({
    imageId: z.string(),
    instanceType: z.string(),
    subnetId: z.string(),
    securityGroupId: z.string(),
    hasPublicAddress: z.boolean(),
    profileName: z.string(),
    userData: z.string(),
    rootVolumeGiB: z.number(),
    keyArn: z.string(),
  }),
  volume: z.strictObject({
    type: z.enum(["gp3", "io2"]),
    iops: z.number(),
    throughputMiBPerSec: z.number().optional(),
    initializationRateMiBPerSec: z.number().optional(),
  }),
  documents: z.strictObject({ status: z.string(), chain: z.string() }),
  /** Of everything that a drill makes: by them it is found again, and may be removed. */
  tags: z.record(z.string(), z.string()),
});

export type DrillPlan = z.infer<typeof drillPlanSchema>;

/** Tag of what a drill makes; its value is the group. Nothing else has it: who has it is thrown away. */
export const drillTag = "coinfleet:drill";

/** Tag by which a snapshot policy finds its volumes, and a drill their snapshots. One of its own: a policy takes a volume that has any of its tags. */
export const backupTag = "coinfleet:backup";

/** Where a node's parameters are: `/coinfleet/<environment>/<node>`. */
export const parameterPrefix = (environment: string, node: string): string => `/coinfleet/${environment}/${node}`;

/** Where the plans of all groups' drills are, one below the other. */
export const drillPlansPath = (environment: string): string => `/coinfleet/${environment}/drills/plan`;
