import { PutMetricDataCommand, type CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { groupMetrics, metricNamespace, type GroupMetricName } from "@coinfleet/sdk";
import { z } from "zod";
import { calling } from "../aws-call.ts";
import { readParameter } from "../read-parameter.ts";

/** What a drill is about: the newest snapshot, or the newest copy of one in the other region. Each has its own record, figures and schedule. */
export type DrillOf = "snapshot" | "copy";

const recordSchema = z.object({
  /** The newest drill that ended well. */
  good: z.object({ at: z.string(), snapshotId: z.string(), recoverySec: z.number(), dataAgeSec: z.number() }).optional(),
  /** The newest drill. */
  last: z.object({ at: z.string(), snapshotId: z.string().optional(), why: z.string().optional() }),
});

/** What is remembered of a group's drills, in a parameter: the snapshots that they were about expire. */
export type DrillRecord = z.infer<typeof recordSchema>;

/** Where it is. */
export const drillRecordPath = (environment: string, group: string, of: DrillOf = "snapshot"): string =>
  `/coinfleet/${environment}/drills/last/${group}${of === "copy" ? "/copy" : ""}`;

/** A record's text → itself; undefined when it is none. */
export function parseRecord(text: string | undefined): DrillRecord | undefined {
  try {
    return text === undefined ? undefined : recordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The drills of one kind of one group: whose record and figures these are. */
export interface DrillsOf {
  readonly environment: string;
  readonly group: string;
  readonly of: DrillOf;
}

export async function readRecord(ssm: SSMClient, { environment, group, of }: DrillsOf): Promise<DrillRecord | undefined> {
  return parseRecord((await readParameter(ssm, drillRecordPath(environment, group, of)))?.Value);
}

export async function writeRecord(ssm: SSMClient, { environment, group, of }: DrillsOf, record: DrillRecord): Promise<void> {
  const Name = drillRecordPath(environment, group, of);
  await calling(
    "ssm:PutParameter",
    ssm.send(new PutParameterCommand({ Name, Type: "String", Value: JSON.stringify(record), Overwrite: true })),
    `${Name} has not been written.`,
  );
}

/** What stands for "never". */
const neverDays = 9999;
const dayMs = 86_400_000;

/** Days since a drill last ended well. */
export function daysSince(record: DrillRecord | undefined, nowMs: number): number {
  return record?.good === undefined ? neverDays : Math.max(0, (nowMs - Date.parse(record.good.at)) / dayMs);
}

/** Names of the figures of both kinds. */
export const drillMetrics = {
  snapshot: {
    succeeded: "DrillSucceeded",
    recoverySec: "DrillRecoverySeconds",
    dataAgeSec: "DrillDataAgeSeconds",
    daysSince: "DaysSinceDrill",
  },
  copy: {
    succeeded: "CopyDrillSucceeded",
    recoverySec: "CopyDrillRecoverySeconds",
    dataAgeSec: "CopyDrillDataAgeSeconds",
    daysSince: "DaysSinceCopyDrill",
  },
} as const satisfies Record<DrillOf, Record<string, GroupMetricName>>;

/** Publishes figures of a group. */
export async function publish(
  cloudWatch: CloudWatchClient,
  { environment, group }: Omit<DrillsOf, "of">,
  figures: Readonly<Partial<Record<GroupMetricName, number>>>,
): Promise<void> {
  const Dimensions = [
    { Name: "Environment", Value: environment },
    { Name: "Group", Value: group },
  ];
  const names = Object.keys(groupMetrics).filter((name): name is GroupMetricName => name in figures);
  const MetricData = names.map((name) => ({ MetricName: name, Dimensions, Unit: groupMetrics[name].unit, Value: figures[name] ?? 0 }));
  await calling("cloudwatch:PutMetricData", cloudWatch.send(new PutMetricDataCommand({ Namespace: metricNamespace, MetricData })));
}
