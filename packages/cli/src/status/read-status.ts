import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { Coordination } from "@coinfleet/coordination";
import { alarms as alarmCatalogue, coordinationTable, momentText, parameterPrefix } from "@coinfleet/sdk";
import { z } from "zod";
import { awsSettings, calling } from "../aws-call.ts";
import type { FleetNode, NodeFilter } from "../fleet-nodes.ts";
import { drillRecordPath, parseRecord } from "../drill/record.ts";
import { findSnapshots, type GroupSnapshot } from "../drill/snapshots.ts";
import { findNodes } from "../fleet-nodes.ts";
import { openCoordination } from "../group-lock.ts";
import { orProblem } from "../or-problem.ts";
import { readSamples } from "../samples.ts";
import type { NodeHealth } from "./node-state.ts";
import { freshMs, judgeNode, statusMetrics } from "./node-state.ts";

/** One row: everything that AWS says of a node. */
export interface NodeStatus extends NodeHealth {
  readonly environment: string;
  readonly group: string;
  readonly node: string;
  readonly coin: string;
  readonly network?: string;
  readonly zone: string;
  readonly instanceId: string;
  readonly releaseWanted?: string;
  readonly releaseRunning?: string;
  /** The release that its host will take by itself, and when. @example "28.0.0-upstream at height 23456789" */
  readonly releaseNext?: string;
  /** Same release names, but other images: a base image or a build has changed. */
  readonly hasOtherImages: boolean;
  /** Who keeps everything that would act by itself away from it, and why. */
  readonly held?: string;
  /** Who works on a node of its group now, and why. */
  readonly busy?: string;
  /** The newest snapshot of its data. */
  readonly lastSnapshot?: { readonly id: string; readonly at: string; readonly isProven: boolean };
  /** The newest drill of its group: whether it ended well. */
  readonly lastDrill?: { readonly at: string; readonly isGood: boolean };
  /** Ids of its alarms that are in ALARM, for example `node-behind`. */
  readonly alarms: readonly string[];
}

/** The fleet at one moment. */
export interface FleetStatus {
  readonly readAt: string;
  readonly region: string;
  readonly nodes: readonly NodeStatus[];
  /** APIs that refused: what is missing in the rows, and why. */
  readonly problems: readonly string[];
}

const runningSchema = z.looseObject({ release: z.string(), images: z.record(z.string(), z.string()) });
const momentSchema = z.union([z.object({ time: z.string() }), z.object({ height: z.number() })]);
const wantedSchema = runningSchema.extend({ next: runningSchema.extend({ at: momentSchema }).optional() });
const configurationSchema = z.looseObject({ network: z.string() });

type Wards = Awaited<ReturnType<Coordination["everything"]>>;
type Running = z.infer<typeof runningSchema>;
type Wanted = z.infer<typeof wantedSchema>;

function parse<T>(text: string | undefined, schema: z.ZodType<T>): T | undefined {
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const namesPerCall = 10;

/** Parameters by name, ten in a call, all calls at once. Those that do not exist are absent. */
async function readParameters(ssm: SSMClient, names: readonly string[]): Promise<Map<string, string>> {
  const chunks = Array.from({ length: Math.ceil(names.length / namesPerCall) }, (_, index) =>
    names.slice(index * namesPerCall, (index + 1) * namesPerCall),
  );
  const answers = await Promise.all(
    chunks.map((chunk) => calling("ssm:GetParameters", ssm.send(new GetParametersCommand({ Names: [...chunk] })))),
  );
  return new Map(
    answers.flatMap(({ Parameters }) =>
      (Parameters ?? []).flatMap(({ Name, Value }) => (Name === undefined || Value === undefined ? [] : [[Name, Value] as const])),
    ),
  );
}

/** Names of the alarms in ALARM. */
async function readAlarms(cloudWatch: CloudWatchClient): Promise<string[]> {
  const names: string[] = [];
  let token: string | undefined;
  do {
    const command = new DescribeAlarmsCommand({
      AlarmNamePrefix: "coinfleet-",
      StateValue: "ALARM",
      AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
      NextToken: token,
    });
    const answer = await calling("cloudwatch:DescribeAlarms", cloudWatch.send(command));
    names.push(...[...(answer.MetricAlarms ?? []), ...(answer.CompositeAlarms ?? [])].flatMap(({ AlarmName }) => AlarmName ?? []));
    token = answer.NextToken;
  } while (token !== undefined && token !== "");
  return names;
}

const prefix = ({ environment, node }: FleetNode): string => parameterPrefix(environment, node);
const imagesOf = ({ images }: Running): string => JSON.stringify(Object.entries(images).sort());

function releaseColumns(
  parameter: Wanted | undefined,
  running: Running | undefined,
): Pick<NodeStatus, "releaseWanted" | "releaseRunning" | "releaseNext" | "hasOtherImages"> {
  const next = parameter?.next;
  const hasTakenNext = next !== undefined && next.release === running?.release;
  const wanted = hasTakenNext ? next : parameter;
  return {
    ...(wanted === undefined ? {} : { releaseWanted: wanted.release }),
    ...(next === undefined || hasTakenNext ? {} : { releaseNext: `${next.release} ${momentText(next.at)}` }),
    ...(running === undefined ? {} : { releaseRunning: running.release }),
    hasOtherImages:
      wanted !== undefined && running !== undefined && wanted.release === running.release && imagesOf(wanted) !== imagesOf(running),
  };
}

/** Holds and locks of every environment that has nodes. */
async function readWards(
  nodes: readonly FleetNode[],
  region: string | undefined,
): Promise<(node: FleetNode) => Pick<NodeStatus, "held" | "busy">> {
  const environments = [...new Set(nodes.map(({ environment }) => environment))];
  const read = async (one: string): Promise<readonly [string, Wards]> => [
    one,
    await openCoordination(coordinationTable(one), region).everything(),
  ];
  const found = new Map(await Promise.all(environments.map(read)));
  return ({ environment, group, node }) => {
    const { holds = [], locks = [] } = found.get(environment) ?? {};
    const hold = holds.find((one) => one.group === group && one.node === node);
    const lock = locks.find((one) => one.group === group);
    return {
      ...(hold === undefined ? {} : { held: `${hold.by}: ${hold.reason}` }),
      ...(lock === undefined ? {} : { busy: `${lock.owner}: ${lock.reason}` }),
    };
  };
}

function backupColumns(
  { environment, node }: FleetNode,
  snapshots: readonly GroupSnapshot[],
  record: string | undefined,
): Pick<NodeStatus, "lastSnapshot" | "lastDrill"> {
  const newest = snapshots.find((one) => one.environment === environment && one.node === node);
  const drills = parseRecord(record);
  return {
    ...(newest === undefined
      ? {}
      : { lastSnapshot: { id: newest.id, at: new Date(newest.takenMs).toISOString(), isProven: newest.provenAt !== undefined } }),
    ...(drills === undefined ? {} : { lastDrill: { at: drills.last.at, isGood: drills.last.why === undefined } }),
  };
}

/** Reads the fleet's state from EC2, SSM and CloudWatch; never from a host. @throws CliError when not even the nodes can be listed */
export async function readStatus(filter: NodeFilter & { readonly region?: string | undefined }): Promise<FleetStatus> {
  const settings = awsSettings(filter.region);
  const [ec2, ssm, cloudWatch] = [new EC2Client(settings), new SSMClient(settings), new CloudWatchClient(settings)];
  const problems: string[] = [];
  const alarmsRead = orProblem(problems, [], readAlarms(cloudWatch));
  const snapshotsRead = orProblem<readonly GroupSnapshot[]>(problems, [], findSnapshots(ec2));
  const nodes = await findNodes(ec2, filter);
  const nowMs = Date.now();
  const range = { fromMs: nowMs - freshMs - 60_000, toMs: nowMs + 10_000, periodSec: 10, statistic: "Maximum" } as const;
  const names = [
    ...nodes.flatMap((node) => ["release", "running", "config"].map((name) => `${prefix(node)}/${name}`)),
    ...new Set(nodes.map(({ environment, group }) => drillRecordPath(environment, group))),
  ];
  const [alarms, snapshots, parameters, samples, wards] = await Promise.all([
    alarmsRead,
    snapshotsRead,
    orProblem(problems, new Map<string, string>(), readParameters(ssm, names)),
    orProblem(problems, undefined, readSamples(cloudWatch, nodes, statusMetrics, range)),
    orProblem(problems, undefined, readWards(nodes, filter.region)),
  ]);
  const inAlarm = new Set(alarms);
  const rows = nodes.map((node): NodeStatus => {
    const { environment, group, node: name, coin, zone, instanceId } = node;
    const at = prefix(node);
    const network = parse(parameters.get(`${at}/config`), configurationSchema)?.network;
    const health: NodeHealth =
      samples === undefined && node.instanceState === "running"
        ? { state: "Unknown", why: "CloudWatch refused" }
        : judgeNode(node, samples?.(node) ?? {}, nowMs);
    const own = `coinfleet-${environment}-${name}-`;
    return {
      environment,
      group,
      node: name,
      coin,
      ...(network === undefined ? {} : { network }),
      zone,
      instanceId,
      ...releaseColumns(parse(parameters.get(`${at}/release`), wantedSchema), parse(parameters.get(`${at}/running`), runningSchema)),
      ...health,
      ...wards?.(node),
      ...backupColumns(node, snapshots, parameters.get(drillRecordPath(environment, group))),
      alarms: alarmCatalogue.map(({ id }) => id).filter((id) => inAlarm.has(`${own}${id}`)),
    };
  });
  return { readAt: new Date(nowMs).toISOString(), region: await ec2.config.region(), nodes: rows, problems };
}
