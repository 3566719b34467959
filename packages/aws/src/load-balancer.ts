import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { agentPort, type ResolvedGroup } from "@coinfleet/sdk";
import type { Place } from "./place.ts";
import { plainDescription } from "./plain-description.ts";
import { groupTags } from "./tags.ts";

export interface LoadBalancerArgs {
  readonly place: Place;
  readonly group: ResolvedGroup;
  readonly vpcId: pulumi.Input<string>;
  readonly subnetIds: readonly pulumi.Input<string>[];
  /** Security group of the nodes: its members may use the balancer, and the balancer them. */
  readonly nodesSecurityGroupId: pulumi.Input<string>;
}

/** What a node registers with. */
export interface LoadBalancerTarget {
  readonly role: string;
  readonly targetGroupArn: pulumi.Output<string>;
}

/** Two failed checks, ten seconds apart, and their time: a node that is down or behind is out within 30 seconds. */
const healthCheck = { protocol: "HTTP", path: "/healthz", port: String(agentPort), matcher: "200", interval: 10, timeout: 5 };

/** ZMQ subscribers may hear nothing for hours; a balancer drops a silent connection after 350 s unless told otherwise. The longest that it knows. */
const idleTimeoutSec = 6000;

/**
 * The internal load balancer of a group: its name spreads RPC, ZMQ and WebSocket over the nodes that are synced, across zones.
 * With every node bad it would let everything through, so the hosts themselves refuse RPC while they are not synced.
 */
export class LoadBalancer extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:LoadBalancer";
  readonly dnsName: pulumi.Output<string>;
  readonly zoneId: pulumi.Output<string>;
  readonly targets: readonly LoadBalancerTarget[];

  constructor(name: string, args: LoadBalancerArgs, opts?: pulumi.ComponentResourceOptions) {
    super(LoadBalancer.type, name, {}, opts);
    const { place, group } = args;
    const title = `coinfleet-${place.environment}-${group.name}-balancer`;
    const tags = groupTags(place, group, title);
    const served = servedPorts(group);
    const balancer = new aws.lb.LoadBalancer(
      `${name}-nlb`,
      {
        loadBalancerType: "network",
        internal: true,
        subnets: [...args.subnetIds],
        securityGroups: [this.securityGroup(name, args, tags)],
        enableCrossZoneLoadBalancing: true,
        enableDeletionProtection: false,
        tags,
      },
      { parent: this },
    );
    this.targets = served.map(({ role, port }) => ({ role, targetGroupArn: this.listener(name, args, { role, port, balancer, tags }) }));
    this.dnsName = balancer.dnsName;
    this.zoneId = balancer.zoneId;
    this.registerOutputs({ dnsName: this.dnsName });
  }

  private listener(
    name: string,
    { vpcId }: LoadBalancerArgs,
    { role, port, balancer, tags }: { role: string; port: number; balancer: aws.lb.LoadBalancer; tags: Record<string, string> },
  ): pulumi.Output<string> {
    const { arn } = new aws.lb.TargetGroup(
      `${name}-${role}`,
      {
        port,
        protocol: "TCP",
        targetType: "instance",
        vpcId,
        // Requests that are under way end by themselves; a node that leaves gets no new ones.
        deregistrationDelay: 60,
        connectionTermination: true,
        preserveClientIp: "false",
        healthCheck: { ...healthCheck, healthyThreshold: 2, unhealthyThreshold: 2 },
        tags,
      },
      { parent: this },
    );
    new aws.lb.Listener(
      `${name}-${role}`,
      {
        loadBalancerArn: balancer.arn,
        port,
        protocol: "TCP",
        tcpIdleTimeoutSeconds: idleTimeoutSec,
        defaultActions: [{ type: "forward", targetGroupArn: arn }],
        tags,
      },
      { parent: this },
    );
    return arn;
  }

  /** From whom, and to whom: the stack file's CIDRs and the nodes themselves in; the nodes' served ports and health out. */
  private securityGroup(name: string, args: LoadBalancerArgs, tags: Record<string, string>): pulumi.Output<string> {
    const { group, nodesSecurityGroupId } = args;
    const { id } = new aws.ec2.SecurityGroup(
      `${name}-group`,
      { vpcId: args.vpcId, description: `Load balancer of Coinfleet group ${group.name}`, tags },
      { parent: this },
    );
    const rule = (port: number, description: string) =>
      ({ ipProtocol: "tcp", fromPort: port, toPort: port, description: plainDescription(description), tags }) as const;
    const ofNodes = { referencedSecurityGroupId: nodesSecurityGroupId };
    const parent = { parent: this };
    for (const { role, port, description } of servedPorts(group)) {
      const ingress = (key: string, source: { cidrIpv4: string } | typeof ofNodes, from: string): void => {
        const text = `${description}, from ${from}`;
        new aws.vpc.SecurityGroupIngressRule(`${name}-${role}-${key}`, { securityGroupId: id, ...source, ...rule(port, text) }, parent);
      };
      ingress("group", ofNodes, "the group itself");
      for (const cidr of group.allowedCidrs) ingress(cidr, { cidrIpv4: cidr }, cidr);
    }
    for (const [role, port] of [...servedPorts(group).map((one) => [one.role, one.port] as const), ["health", agentPort] as const]) {
      new aws.vpc.SecurityGroupEgressRule(
        `${name}-${role}-out`,
        { securityGroupId: id, ...ofNodes, ...rule(port, `${role} of the nodes`) },
        parent,
      );
      new aws.vpc.SecurityGroupIngressRule(
        `${name}-${role}-nodes`,
        { securityGroupId: nodesSecurityGroupId, referencedSecurityGroupId: id, ...rule(port, `${role}, from the load balancer`) },
        parent,
      );
    }
    return id;
  }
}

/** What a balancer serves: every port that the stack file's CIDRs may use. */
function servedPorts(group: ResolvedGroup): readonly { role: string; port: number; description: string }[] {
  return Object.entries(group.ports).flatMap(([role, { port, protocol, exposure, description }]) =>
    exposure === "internal" && protocol === "tcp" && role !== "metrics" ? [{ role, port, description }] : [],
  );
}
