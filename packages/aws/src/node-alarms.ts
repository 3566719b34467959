import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { alarms, metricNamespace, runbook, type Alarm, type ResolvedGroup, type ResolvedNode, type Severity } from "@coinfleet/sdk";
import type { Place } from "./place.ts";
import { nodeTags } from "./tags.ts";

export interface NodeAlarmsArgs {
  readonly place: Place;
  readonly group: ResolvedGroup;
  readonly node: ResolvedNode;
  readonly topicArns: Readonly<Record<Severity, pulumi.Input<string>>>;
}

/** The alarms of the catalogue that this node gets: $0.30 each a month. */
export class NodeAlarms extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:NodeAlarms";

  constructor(name: string, args: NodeAlarmsArgs, opts?: pulumi.ComponentResourceOptions) {
    super(NodeAlarms.type, name, {}, opts);
    for (const alarm of alarms) {
      const threshold = alarm.threshold(args.group.health);
      if (threshold === undefined) continue;
      const title = alarmName(args.place, args.node, alarm);
      const topic = args.topicArns[alarm.severity];
      new aws.cloudwatch.MetricAlarm(
        `${name}-${alarm.id}`,
        {
          name: title,
          alarmDescription: `${alarm.title}. ${args.node.hostname}. ${runbook(alarm)}`,
          namespace: metricNamespace,
          metricName: alarm.metric,
          dimensions: metricDimensions(args.place, args.node),
          statistic: alarm.statistic,
          period: alarm.periodSec,
          evaluationPeriods: alarm.evaluationPeriods,
          datapointsToAlarm: alarm.datapointsToAlarm,
          comparisonOperator: alarm.comparison,
          threshold,
          treatMissingData: alarm.treatMissingData,
          actionsEnabled: true,
          alarmActions: [topic],
          okActions: [topic],
          tags: { ...nodeTags(args.place, args.group, args.node, title), "coinfleet:severity": alarm.severity },
        },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }
}

/** `coinfleet-<environment>-<node>-<alarm>`. */
export function alarmName(place: Place, node: ResolvedNode, alarm: Alarm): string {
  return `coinfleet-${place.environment}-${node.name}-${alarm.id}`;
}

/** Dimensions under which the node's agent publishes. */
export function metricDimensions(place: Place, node: ResolvedNode): Readonly<Record<string, string>> {
  return { Environment: place.environment, Node: node.name };
}
