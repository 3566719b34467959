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
const alarmRows = 6;
const graph = { width: 8, height: 6 };

/** Alarms of all nodes, and the main figures with one line per node. */
export function fleetDashboard(place: Place, groups: readonly ResolvedGroup[]): string {
  const nodes = groups.flatMap((group) => group.nodes);
  return body([alarmWidget(place, "Alarms", groups), ...graphs(place, overview, nodes)]);
}

/** Everything that the agents of one group publish. */
export function groupDashboard(place: Place, group: ResolvedGroup): string {
  const names = Object.keys(metrics).filter((name): name is MetricName => name in metrics);
  return body([alarmWidget(place, `${group.coinName} (${group.networkName})`, [group]), ...graphs(place, names, group.nodes)]);
}

function alarmWidget(place: Place, title: string, groups: readonly ResolvedGroup[]): Widget {
  const arns = groups.flatMap((group) =>
    group.nodes.flatMap((node) =>
      alarms
        .filter((alarm) => alarm.threshold(group.health) !== undefined)
        .map((alarm) => arn(place, "cloudwatch", `alarm:${alarmName(place, node, alarm)}`)),
    ),
  );
  // CloudWatch shows at most 100 alarms in one widget.
  return { type: "alarm", x: 0, y: 0, width: columns, height: alarmRows, properties: { title, alarms: arns.slice(0, 100) } };
}

function graphs(place: Place, names: readonly MetricName[], nodes: readonly ResolvedNode[]): readonly Widget[] {
  const perRow = columns / graph.width;
  return names.map((name, index) => ({
    type: "metric",
    x: (index % perRow) * graph.width,
    y: alarmRows + Math.floor(index / perRow) * graph.height,
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
