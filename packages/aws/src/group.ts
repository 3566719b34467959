import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { servedSecret, type ResolvedGroup } from "@coinfleet/sdk";
import { Drill } from "./drill.ts";
import { GroupSecrets } from "./group-secrets.ts";
import { GroupSecurity } from "./group-security.ts";
import type { GroupImages } from "./images.ts";
import { HostRole, logGroupName } from "./host-role.ts";
import { LogAlarms } from "./log-alarms.ts";
import { LoadBalancer } from "./load-balancer.ts";
import { Node, type GroupSurroundings, type Surroundings } from "./node.ts";
import { groupTags } from "./tags.ts";

export interface GroupArgs {
  readonly surroundings: Surroundings;
  readonly group: ResolvedGroup;
  readonly vpcId: pulumi.Input<string>;
  readonly logRetentionDays: number;
  readonly machineImageId: pulumi.Input<string>;
  readonly images: GroupImages;
  /** What the hosts' network needs before they start. */
  readonly network: pulumi.Resource;
  /** The group that serves this one. */
  readonly server?: Group | undefined;
}

/** The nodes of one coin on one network, as a chain: each waits at the gate of the one before it. A group knows of another one only if that serves it. */
export class Group extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Group";
  /** In the group's order. */
  readonly nodes: readonly { readonly name: string; readonly hostname: string; readonly node: Node }[];
  /** What a group that this one serves has to know of it. */
  readonly secrets: GroupSecrets;
  readonly securityGroupId: pulumi.Output<string>;

  constructor(name: string, args: GroupArgs, opts?: pulumi.ComponentResourceOptions) {
    const { group, surroundings, server } = args;
    // What it contains is named after it, and is found again under the new name.
    const aliases = group.formerly === group.name ? [] : [{ name: group.formerly }];
    super(Group.type, name, {}, pulumi.mergeOptions(opts, { aliases }));
    const { place, keyArn } = surroundings;
    this.secrets = new GroupSecrets(`${name}-secrets`, { place, group, keyArn, adopt: surroundings.adopt }, { parent: this });
    const security = new GroupSecurity(
      `${name}-firewall`,
      { place, group, vpcId: args.vpcId, serverSecurityGroupId: server?.securityGroupId },
      { parent: this },
    );
    this.securityGroupId = security.securityGroupId;
    const role = new HostRole(
      `${name}-hosts`,
      { place, group, nodes: group.nodes.map((node) => node.name), lockOf: group.name, keyArn, repositoryArns: args.images.repositoryArns },
      { parent: this },
    );
    const logGroup = logGroupName(place, group);
    const logs = new aws.cloudwatch.LogGroup(
      `${name}-logs`,
      { name: logGroup, retentionInDays: args.logRetentionDays, kmsKeyId: keyArn, tags: groupTags(place, group, logGroup) },
      { parent: this },
    );
    const balancer = group.hasLoadBalancer ? this.balancer(name, args, security.securityGroupId) : undefined;
    // Lines that go elsewhere are not here to be counted.
    if (surroundings.gelf === undefined) new LogAlarms(`${name}-log-alarms`, { ...surroundings, group, logGroup: logs }, { parent: this });
    const ofGroup: GroupSurroundings = {
      machineImageId: args.machineImageId,
      images: args.images,
      secretArns: { ...this.secrets.arns, ...lentArns(group, server) },
      securityGroupId: security.securityGroupId,
      profileName: role.profileName,
      balancer,
      readiness: [args.network, ...this.secrets.filled, ...(server?.secrets.filled ?? []), ...security.rules, role.policy, logs],
    };
    this.nodes = chain(this, { surroundings, ofGroup, group });
    if (group.drill !== undefined)
      new Drill(
        `${name}-drill`,
        {
          surroundings,
          group,
          drill: group.drill,
          ofGroup,
          vpcId: args.vpcId,
          server: server?.securityGroupId,
          // On the release that all its nodes run.
          after: this.nodes.slice(-1).map(({ node }) => node.gate),
        },
        { parent: this },
      );
    this.registerOutputs({});
  }

  private balancer(name: string, { group, surroundings, vpcId }: GroupArgs, nodesSecurityGroupId: pulumi.Input<string>): LoadBalancer {
    const { place, zoneId, zones, subnetIds } = surroundings;
    const of = group.addresses === "private" ? subnetIds.private : subnetIds.public;
    const balancer = new LoadBalancer(
      `${name}-balancer`,
      { place, group, vpcId, subnetIds: zones.flatMap((zone) => of[zone] ?? []), nodesSecurityGroupId },
      { parent: this },
    );
    new aws.route53.Record(
      `${name}-name`,
      {
        zoneId,
        name: `${group.name}.internal`,
        type: "A",
        aliases: [{ name: balancer.dnsName, zoneId: balancer.zoneId, evaluateTargetHealth: true }],
      },
      { parent: this },
    );
    return balancer;
  }
}

function lentArns({ server: lent }: ResolvedGroup, server: Group | undefined): Readonly<Record<string, pulumi.Output<string>>> {
  const arn = lent?.secret === undefined ? undefined : server?.secrets.arns[lent.secret];
  return lent?.secret === undefined || arn === undefined ? {} : { [servedSecret(lent.secret)]: arn };
}

/** Order is in the graph: a change goes through the group one node at a time, and stops at the first that does not come back. */
function chain(parent: Group, shared: { surroundings: Surroundings; ofGroup: GroupSurroundings; group: ResolvedGroup }): Group["nodes"] {
  const made: { name: string; hostname: string; node: Node }[] = [];
  for (const spec of shared.group.nodes) {
    const before = made.at(-1);
    const node = new Node(spec.name, { ...shared, node: spec, after: before === undefined ? [] : [before.node.gate] }, { parent });
    made.push({ name: spec.name, hostname: spec.hostname, node });
  }
  return made;
}
