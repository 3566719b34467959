import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { metricNamespace, type ResolvedGroup, type ResolvedNode, type Severity } from "@coinfleet/sdk";
import type { LoadBalancer } from "./load-balancer.ts";
import { metricDimensions } from "./node-alarms.ts";
import type { Place } from "./place.ts";
import { nodeTags } from "./tags.ts";

export interface NodeNameArgs {
  readonly place: Place;
  readonly group: ResolvedGroup;
  readonly node: ResolvedNode;
  readonly zoneId: pulumi.Input<string>;
  readonly instance: aws.ec2.Instance;
  readonly topicArns: Readonly<Record<Severity, pulumi.Input<string>>>;
  readonly balancer: LoadBalancer | undefined;
  /** What must have come up before a name or a balancer leads to the host. */
  readonly after: readonly pulumi.Resource[];
}

/** Seconds that a resolver keeps an answer: what a client is late by when a node goes. */
const ttl = 10;

/** How others find a node: by its own name, and by the group's, behind the load balancer or as one of several weighted answers. */
export class NodeName extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:NodeName";

  constructor(name: string, args: NodeNameArgs, opts?: pulumi.ComponentResourceOptions) {
    super(NodeName.type, name, {}, opts);
    const { node, zoneId, instance } = args;
    const settled = { parent: this, dependsOn: [...args.after] };
    new aws.route53.Record(
      `${name}-record`,
      { zoneId, name: node.hostname, type: "A", ttl, records: [instance.privateIp] },
      // It stood one level higher until names became a part of their own.
      { ...settled, aliases: [{ name: `${node.name}-record`, ...(opts?.parent === undefined ? {} : { parent: opts.parent }) }] },
    );
    if (args.balancer === undefined) this.weighted(name, args);
    else
      for (const { role, targetGroupArn } of args.balancer.targets)
        new aws.lb.TargetGroupAttachment(`${name}-${role}`, { targetGroupArn, targetId: instance.id }, settled);
    this.registerOutputs({});
  }

  private weighted(name: string, args: NodeNameArgs): void {
    const { place, group, node, zoneId, instance, topicArns } = args;
    const settled = { parent: this, dependsOn: [...args.after] };
    const title = `coinfleet-${place.environment}-${node.name}-out-of-service`;
    const alarm = new aws.cloudwatch.MetricAlarm(
      `${name}-out-of-service`,
      {
        name: title,
        alarmDescription: `${node.hostname} is not synced: ${group.name}.internal leads to the other nodes`,
        namespace: metricNamespace,
        // Route 53 reads metrics of standard resolution only (2026-11, Route 53 developer guide, CloudWatch alarm health checks).
        metricName: "InService",
        dimensions: metricDimensions(place, node),
        statistic: "Minimum",
        period: 60,
        evaluationPeriods: 1,
        comparisonOperator: "LessThanThreshold",
        threshold: 1,
        treatMissingData: "breaching",
        actionsEnabled: true,
        alarmActions: [topicArns.warn],
        tags: { ...nodeTags(place, group, node, title), "coinfleet:severity": "warn" },
      },
      settled,
    );
    const check = new aws.route53.HealthCheck(
      `${name}-health`,
      {
        type: "CLOUDWATCH_METRIC",
        cloudwatchAlarmName: alarm.name,
        cloudwatchAlarmRegion: place.region,
        insufficientDataHealthStatus: "Unhealthy",
        tags: nodeTags(place, group, node, `${group.name}.internal: ${node.name}`),
      },
      settled,
    );
    new aws.route53.Record(
      `${name}-weighted`,
      {
        zoneId,
        name: `${group.name}.internal`,
        type: "A",
        ttl,
        records: [instance.privateIp],
        setIdentifier: node.name,
        weightedRoutingPolicies: [{ weight: 1 }],
        healthCheckId: check.id,
      },
      settled,
    );
  }
}
