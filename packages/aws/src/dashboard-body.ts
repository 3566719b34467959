import { alarms, metricNamespace, metrics, type MetricName, type ResolvedGroup, type ResolvedNode } from "@coinfleet/sdk";
import { alarmName, metricDimensions } from "./node-alarms.ts";
import { arn, type Place } from "./place.ts";

/** A widget in CloudWatch's own spelling. The grid has 24 columns. */
interface Widget {
  readonly type: "metric" | "alarm" | "text";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What an operator looks at first, for the whole fleet. */
const overview: readonly MetricName[] = ["Synced", "BlocksBehind", "TipAgeSeconds", "Peers", "DataVolumeUsedPercent", "DaysToFull"];

const columns = 24;
const graph = { width: 8, height: 6 };

/** What rings anywhere, and the main figures with one line per node. */
export function fleetDashboard(place: Place, groups: readonly ResolvedGroup[]): string {
  const nodes = groups.flatMap((group) => group.nodes);
  // Thousands of alarms that are OK would hide the few that are not.
  const ringing = alarmWidgets(place, "What rings", groups, { height: 2, states: ["ALARM"] });
  return body([...ringing, ...graphs(place, overview, nodes, below(ringing))]);
}

/** Everything that the agents of one group publish. */
export function groupDashboard(place: Place, group: ResolvedGroup): string {
  const names = Object.keys(metrics).filter((name): name is MetricName => name in metrics);
  const all = alarmWidgets(place, `${group.coinName} (${group.networkName})`, [group], { height: 6 });
  return body([...all, ...graphs(place, names, group.nodes, below(all))]);
}

/** The most that one widget takes. */
const alarmsOfWidget = 100;

/** As many widgets as the alarms need, those that ring first in each. `states`: alarms in other states are not shown. */
function alarmWidgets(
  place: Place,
  title: string,
  groups: readonly ResolvedGroup[],
  { height, ...states }: { readonly height: number; readonly states?: readonly string[] },
): readonly Widget[] {
  const arns = groups.flatMap((group) =>
    group.nodes.flatMap((node) =>
      alarms
        .filter((alarm) => alarm.threshold(group.health) !== undefined)
        .map((alarm) => arn(place, "cloudwatch", `alarm:${alarmName(place, node, alarm)}`)),
    ),
  );
  const count = Math.ceil(arns.length / alarmsOfWidget);
  return Array.from({ length: count }, (_, index) => ({
    type: "alarm",
    x: 0,
    y: index * height,
    width: columns,
    height,
    properties: {
      title: count === 1 ? title : `${title} (${index + 1} of ${count})`,
      alarms: arns.slice(index * alarmsOfWidget, (index + 1) * alarmsOfWidget),
      sortBy: "stateUpdatedTimestamp",
      ...states,
    },
  }));
}

const below = (widgets: readonly Widget[]): number => widgets.reduce((sum, { height }) => sum + height, 0);

/** One graph for each metric. CloudWatch takes 500 lines in a graph and 2,500 on a dashboard: 416 nodes on the fleet's. */
function graphs(place: Place, names: readonly MetricName[], nodes: readonly ResolvedNode[], top: number): readonly Widget[] {
  const perRow = columns / graph.width;
  return names.map((name, index) => ({
    type: "metric",
    x: (index % perRow) * graph.width,
    y: top + Math.floor(index / perRow) * graph.height,
    ...graph,
    properties: {
      title: `${name}: ${metrics[name].help}`,
      region: place.region,
      view: "timeSeries",
      stat: "Maximum",
      period: 60,
      metrics: nodes.map((node) => [metricNamespace, name, ...Object.entries(metricDimensions(place, node)).flat(), { label: node.name }]),
    },
  }));
}

function body(widgets: readonly Widget[]): string {
  return JSON.stringify({ periodOverride: "inherit", widgets });
}
