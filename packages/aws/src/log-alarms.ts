import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { filterPattern, logAlarms, logMetricNamespace, runbook, type ResolvedGroup, type Severity } from "@coinfleet/sdk";
import { logGroupName } from "./host-role.ts";
import type { Place } from "./place.ts";
import { groupTags } from "./tags.ts";

export interface LogAlarmsArgs {
  readonly place: Place;
  readonly group: ResolvedGroup;
  readonly logGroup: aws.cloudwatch.LogGroup;
  readonly topicArns: Readonly<Record<Severity, pulumi.Input<string>>>;
}

/** For each of the group's words of alarm a metric filter ($0.30 a month once a line has matched) and an alarm ($0.10). */
export class LogAlarms extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:LogAlarms";

  constructor(name: string, args: LogAlarmsArgs, opts?: pulumi.ComponentResourceOptions) {
    super(LogAlarms.type, name, {}, opts);
    const { place, group, logGroup, topicArns } = args;
    for (const alarm of logAlarms(group.logAlarm)) {
      const title = `coinfleet-${place.environment}-${group.name}-${alarm.id}`;
      const filter = new aws.cloudwatch.LogMetricFilter(
        `${name}-${alarm.id}-filter`,
        {
          name: alarm.id,
          logGroupName: logGroup.name,
          pattern: filterPattern(alarm),
          metricTransformation: { namespace: logMetricNamespace, name: title, value: "1", unit: "Count" },
        },
        { parent: this },
      );
      new aws.cloudwatch.MetricAlarm(
        `${name}-${alarm.id}`,
        {
          name: title,
          alarmDescription: `${alarm.title}. Log group ${logGroupName(place, group)}. ${runbook(alarm)}`,
          namespace: logMetricNamespace,
          metricName: title,
          statistic: "Sum",
          period: 60,
          evaluationPeriods: 1,
          datapointsToAlarm: 1,
          comparisonOperator: "GreaterThanThreshold",
          threshold: 0,
          // No line, no metric: silence is the normal case, and node-down is there for a daemon that is gone.
          treatMissingData: "notBreaching",
          actionsEnabled: true,
          alarmActions: [topicArns[alarm.severity]],
          okActions: [topicArns[alarm.severity]],
          tags: { ...groupTags(place, group, title), "coinfleet:severity": alarm.severity },
        },
        { parent: this, dependsOn: [filter] },
      );
    }
    this.registerOutputs({});
  }
}
