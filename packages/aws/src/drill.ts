import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { renderNodeConfiguration, renderUserData } from "@coinfleet/host";
import {
  drillPlansPath,
  drillTag,
  groupAlarms,
  metricNamespace,
  parameterPrefix,
  runbook,
  type DrillPlan,
  type ResolvedDrill,
  type ResolvedGroup,
} from "@coinfleet/sdk";
import { backupTagOf } from "./backups.ts";
import { DrillSecurity } from "./drill-security.ts";
import { HostRole, logRoute } from "./host-role.ts";
import { rootVolumeGiB, type GroupSurroundings, type Surroundings } from "./node.ts";
import { releaseParameter } from "./release-parameter.ts";
import { groupTags } from "./tags.ts";

export interface DrillArgs {
  readonly surroundings: Surroundings;
  readonly ofGroup: GroupSurroundings;
  readonly group: ResolvedGroup;
  readonly drill: ResolvedDrill;
  readonly vpcId: pulumi.Input<string>;
  /** Security group of the group that serves this one. */
  readonly server: pulumi.Input<string> | undefined;
  readonly after: readonly pulumi.Resource[];
}

/**
 * What a drill of the group needs and a person reviews beforehand: firewall, role, parameters, and the plan that `coinfleet drill` follows. No instance and no
 * volume: the command makes them, tagged, and takes them away again. (docs/adr/0010)
 */
export class Drill extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Drill";

  constructor(name: string, args: DrillArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Drill.type, name, {}, opts);
    const { surroundings, ofGroup, group, drill } = args;
    const { place, keyArn } = surroundings;
    const security = new DrillSecurity(
      `${name}-firewall`,
      { place, group, vpcId: args.vpcId, groupSecurityGroupId: ofGroup.securityGroupId, serverSecurityGroupId: args.server },
      { parent: this },
    );
    const role = new HostRole(
      `${name}-hosts`,
      { place, group, nodes: [drill.node.name], lockOf: drill.node.name, keyArn, repositoryArns: ofGroup.images.repositoryArns },
      { parent: this },
    );
    const prefix = parameterPrefix(place.environment, drill.node.name);
    const plan = this.plan(args, security.securityGroupId, role.profileName);
    const values: Readonly<Record<string, { readonly path: string; readonly value: pulumi.Input<string> }>> = {
      template: { path: `${prefix}/template`, value: configurationTemplate(args) },
      release: {
        path: `${prefix}/release`,
        // With the next one: data that it has written is no home for the one before it.
        value: releaseParameter(group, ofGroup.images),
      },
      agent: { path: `${prefix}/agent`, value: ofGroup.images.agent },
      plan: { path: `${drillPlansPath(place.environment)}/${group.name}`, value: pulumi.jsonStringify(plan) },
    };
    for (const [part, { path, value }] of Object.entries(values))
      new aws.ssm.Parameter(
        `${name}-${part}`,
        { name: path, type: "String", tier: part === "template" ? "Advanced" : "Standard", value, tags: groupTags(place, group, path) },
        { parent: this, dependsOn: [...args.after, role.policy, ...security.rules] },
      );
    this.alarms(name, args);
    this.registerOutputs({});
  }

  private plan(
    { surroundings, ofGroup, group, drill }: DrillArgs,
    securityGroupId: pulumi.Input<string>,
    profileName: pulumi.Input<string>,
  ): pulumi.Input<DrillPlan> {
    const { place, keyArn, documents } = surroundings;
    const { node, copyTo } = drill;
    const kind = group.addresses === "private" ? "private" : "public";
    const subnetId = surroundings.subnetIds[kind][surroundings.zones[node.zoneIndex] ?? ""];
    if (subnetId === undefined) throw new Error(`${node.name} has no subnet`);
    const { type, iops, throughputMiBPerSec, initializationRateMiBPerSec } = node.volume;
    return pulumi.output({
      version: 1 as const,
      group: group.name,
      everyDays: drill.everyDays,
      backup: backupTagOf(place, group),
      ...(copyTo === undefined
        ? {}
        : { copies: { region: copyTo.region, ...(copyTo.keyArn === undefined ? {} : { keyArn: copyTo.keyArn }) } }),
      node: node.name,
      nodes: group.nodes.map(({ name }) => name),
      launch: {
        imageId: ofGroup.machineImageId,
        instanceType: node.instanceType,
        subnetId,
        securityGroupId,
        hasPublicAddress: kind === "public",
        profileName,
        userData: renderUserData({ parameterPrefix: parameterPrefix(place.environment, node.name), region: place.region }),
        rootVolumeGiB,
        keyArn,
      },
      volume: {
        type,
        iops,
        ...(throughputMiBPerSec === undefined ? {} : { throughputMiBPerSec }),
        ...(initializationRateMiBPerSec === undefined ? {} : { initializationRateMiBPerSec }),
      },
      documents: { status: documents.status, chain: documents.chain },
      tags: { ...groupTags(place, group, node.name), [drillTag]: group.name },
    });
  }

  private alarms(name: string, { surroundings: { place, topicArns }, group, drill }: DrillArgs): void {
    for (const alarm of groupAlarms) {
      const threshold = alarm.threshold(drill);
      if (threshold === undefined) continue;
      const title = `coinfleet-${place.environment}-${group.name}-${alarm.id}`;
      const topic = topicArns[alarm.severity];
      new aws.cloudwatch.MetricAlarm(
        `${name}-${alarm.id}`,
        {
          name: title,
          alarmDescription: `${alarm.title}. ${group.name}. ${runbook(alarm)}`,
          namespace: metricNamespace,
          metricName: alarm.metric,
          dimensions: { Environment: place.environment, Group: group.name },
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
          tags: { ...groupTags(place, group, title), "coinfleet:severity": alarm.severity },
        },
        { parent: this },
      );
    }
  }
}

/** The throw-away node's configuration but for its volume, which the command makes. No archive is fetched: the snapshot alone has to do. */
function configurationTemplate({ surroundings: { place, gelf }, ofGroup, group, drill }: DrillArgs): pulumi.Output<string> {
  const snapshotId = "snap-of-the-drill";
  return pulumi.all(ofGroup.secretArns).apply((secretArns) =>
    renderNodeConfiguration({
      environment: place.environment,
      region: place.region,
      group: {
        ...group,
        snapshot: { kind: "none", reason: "the drill's own snapshot" },
        // It must not ask for its group's turn.
        selfHealing: { restartsPerDay: 0, growByPercent: 0 },
      },
      node: { ...drill.node, volume: { ...drill.node.volume, snapshotId } },
      volumeId: "vol-00000000000000000",
      secretArns,
      logs: logRoute(place, group, gelf),
    }),
  );
}
