import { readFile } from "node:fs/promises";
import { CloudWatchClient, DescribeAlarmHistoryCommand, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";
import type { Action, Hold } from "@coinfleet/coordination";
import { alarms, coordinationTable, type Alarm } from "@coinfleet/sdk";
import { awsSettings, calling } from "../aws-call.ts";
import { CliError } from "../cli-error.ts";
import { findNodes, type FleetNode } from "../fleet-nodes.ts";
import { openCoordination } from "../group-lock.ts";
import { orProblem } from "../or-problem.ts";
import { inProject } from "../project.ts";
import { sectionOf } from "./runbook-section.ts";

/** Which alarm, and of which nodes. */
export interface ExplainOptions {
  /** An id (`node-behind`), or an alarm's whole name as a message has it. */
  readonly alarm: string;
  readonly node?: string | undefined;
  readonly environment?: string | undefined;
  readonly region?: string | undefined;
}

/** What one node's alarm has done lately. */
export interface AlarmStory {
  readonly node: string;
  readonly environment: string;
  readonly state: string;
  /** CloudWatch's own words for its state. */
  readonly reason: string;
  /** Newest first. */
  readonly changes: readonly { readonly at: Date; readonly what: string }[];
  readonly hold: Hold | undefined;
  /** Oldest first. */
  readonly actions: readonly Action[];
}

/** What an alarm means, what has happened and what to do. */
export interface Explanation {
  readonly alarm: Alarm;
  /** The runbook's section. */
  readonly runbook: string;
  readonly stories: readonly AlarmStory[];
  /** APIs that refused. */
  readonly problems: readonly string[];
}

/** Nodes whose story is told when none is named. */
const mostStories = 5;
const historyItems = 10;
const actionsSinceMs = 7 * 86_400_000;

function findAlarm(text: string): Alarm {
  // The longest first, so that an id which ends another's is not taken for it.
  const found = [...alarms].sort((a, b) => b.id.length - a.id.length).find(({ id }) => text === id || text.endsWith(`-${id}`));
  if (found !== undefined) return found;
  throw new CliError("AlarmNotFound", {
    title: "No such alarm.",
    where: "the alarm catalogue",
    got: text,
    allowed: alarms.map(({ id }) => id).join(", "),
    fix: "Write an alarm's id as `coinfleet status` shows it, or its whole name.",
    state: "Nothing has been changed.",
  });
}

const nameOf = ({ environment, node }: FleetNode, { id }: Alarm): string => `coinfleet-${environment}-${node}-${id}`;

interface Reading {
  readonly cloudWatch: CloudWatchClient;
  readonly alarm: Alarm;
  readonly region: string | undefined;
  /** What AWS has refused so far. */
  readonly problems: string[];
}

interface State {
  readonly state: string;
  readonly reason: string;
}

async function readStates(cloudWatch: CloudWatchClient, names: readonly string[]): Promise<ReadonlyMap<string, State>> {
  const states = new Map<string, State>();
  for (let from = 0; from < names.length; from += 100) {
    const command = new DescribeAlarmsCommand({ AlarmNames: names.slice(from, from + 100), MaxRecords: 100 });
    const { MetricAlarms = [] } = await calling("cloudwatch:DescribeAlarms", cloudWatch.send(command));
    for (const { AlarmName = "", StateValue = "?", StateReason = "" } of MetricAlarms)
      states.set(AlarmName, { state: StateValue, reason: StateReason });
  }
  return states;
}

async function readChanges(cloudWatch: CloudWatchClient, name: string): Promise<AlarmStory["changes"]> {
  const command = new DescribeAlarmHistoryCommand({ AlarmName: name, HistoryItemType: "StateUpdate", MaxRecords: historyItems });
  const { AlarmHistoryItems = [] } = await calling("cloudwatch:DescribeAlarmHistory", cloudWatch.send(command));
  return AlarmHistoryItems.map(({ Timestamp = new Date(0), HistorySummary = "" }) => ({ at: Timestamp, what: HistorySummary }));
}

async function tell({ cloudWatch, alarm, region, problems }: Reading, node: FleetNode, state: State): Promise<AlarmStory> {
  const table = openCoordination(coordinationTable(node.environment), region);
  const [changes, hold, actions] = await Promise.all([
    orProblem(problems, [], readChanges(cloudWatch, nameOf(node, alarm))),
    orProblem(problems, undefined, table.holdOn(node)),
    orProblem(problems, [], table.actionsSince(node.group, Date.now() - actionsSinceMs)),
  ]);
  const own = actions.filter((one) => one.node === node.node);
  return { node: node.node, environment: node.environment, ...state, changes, hold, actions: own };
}

/** Reads what AWS knows of an alarm. What an API refuses is missing and named; what the alarm means is there all the same. @throws {@link CliError} for an alarm that does not exist */
export async function readExplanation(options: ExplainOptions): Promise<Explanation> {
  const alarm = findAlarm(options.alarm);
  const runbook = sectionOf(await readFile(inProject("docs/runbook.md"), "utf8"), alarm.id);
  const problems: string[] = [];
  const settings = awsSettings(options.region);
  const cloudWatch = new CloudWatchClient(settings);
  const reading: Reading = { cloudWatch, alarm, region: options.region, problems };
  const all = await orProblem(problems, [], findNodes(new EC2Client(settings), options));
  const meant = all.filter((node) => options.alarm === alarm.id || options.alarm === nameOf(node, alarm));
  const states = await orProblem<ReadonlyMap<string, State>>(
    problems,
    new Map(),
    readStates(
      cloudWatch,
      meant.map((node) => nameOf(node, alarm)),
    ),
  );
  const isOne = options.node !== undefined || options.alarm !== alarm.id;
  const told = meant.flatMap((node) => {
    const state = states.get(nameOf(node, alarm));
    return state !== undefined && (isOne || state.state === "ALARM") ? [{ node, state }] : [];
  });
  const stories = await Promise.all(told.slice(0, mostStories).map(({ node, state }) => tell(reading, node, state)));
  return { alarm, runbook, stories, problems };
}
