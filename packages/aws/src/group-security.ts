import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { agentPort, type Port, type ResolvedGroup } from "@coinfleet/sdk";
import type { Place } from "./place.ts";
import { plainDescription } from "./plain-description.ts";
import { groupTags } from "./tags.ts";

const agent: Port = { port: agentPort, protocol: "tcp", exposure: "internal", description: "agent: health, status, metrics" };

/** One rule for incoming traffic. */
export interface Ingress {
  /** Part of the resource's name: never changes for the same rule. */
  readonly key: string;
  readonly port: Port;
  readonly source: { readonly cidr: string } | "group";
  readonly description: string;
}

/**
 * All that may come in: peers from the world, internal ports from the group itself and the stack file's CIDRs, the agent from the group itself.
 * Nothing else, and no SSH. The peers of a private network are the group itself, and nobody finds a node without a public address.
 */
export function ingressRules(group: ResolvedGroup): readonly Ingress[] {
  const ports = Object.entries(group.ports).flatMap(([role, port]) =>
    (group.isPrivateNetwork || group.addresses === "private") && port.exposure === "public"
      ? rulesOfPort(role, { ...port, exposure: "internal" }, [])
      : rulesOfPort(role, port, group.allowedCidrs),
  );
  return [...ports, ...rulesOfPort("agent", agent, [])];
}

function rulesOfPort(role: string, port: Port, cidrs: readonly string[]): readonly Ingress[] {
  switch (port.exposure) {
    case "local":
      return [];
    case "public":
      // Whatever the role is called, what is open to the world is for peers: rules and reviewers tell it by the name.
      return [
        {
          key: `${role.startsWith("p2p") ? role : `p2p-${role}`}-world`,
          port,
          source: { cidr: "0.0.0.0/0" },
          description: `${port.description}, from any peer`,
        },
      ];
    case "internal":
      return [
        { key: `${role}-group`, port, source: "group", description: `${port.description}, from the group itself` },
        ...cidrs.map((cidr) => ({ key: `${role}-${cidr}`, port, source: { cidr }, description: `${port.description}, from ${cidr}` })),
      ];
  }
}

export interface GroupSecurityArgs {
  readonly place: Place;
  readonly group: ResolvedGroup;
  readonly vpcId: pulumi.Input<string>;
  /** Security group of the group that serves this one, which has to let it in. */
  readonly serverSecurityGroupId?: pulumi.Input<string> | undefined;
}

/** The security group of a group's nodes. */
export class GroupSecurity extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:GroupSecurity";
  readonly securityGroupId: pulumi.Output<string>;
  /** The rules: an instance that starts before them starts alone. */
  readonly rules: readonly pulumi.Resource[];

  constructor(name: string, args: GroupSecurityArgs, opts?: pulumi.ComponentResourceOptions) {
    super(GroupSecurity.type, name, {}, opts);
    const title = `coinfleet-${args.place.environment}-${args.group.name}`;
    const made = new aws.ec2.SecurityGroup(
      `${name}-group`,
      { vpcId: args.vpcId, description: `Nodes of Coinfleet group ${args.group.name}`, tags: groupTags(args.place, args.group, title) },
      { parent: this },
    );
    const ingress = ingressRules(args.group).map(
      (rule) =>
        new aws.vpc.SecurityGroupIngressRule(
          `${name}-${rule.key}`,
          {
            securityGroupId: made.id,
            ...(rule.source === "group" ? { referencedSecurityGroupId: made.id } : { cidrIpv4: rule.source.cidr }),
            ipProtocol: rule.port.protocol,
            fromPort: rule.port.port,
            toPort: rule.port.port,
            description: plainDescription(rule.description),
            tags: groupTags(args.place, args.group, `${title}-${rule.key}`),
          },
          { parent: this },
        ),
    );
    const egress = new aws.vpc.SecurityGroupEgressRule(
      `${name}-egress`,
      {
        securityGroupId: made.id,
        cidrIpv4: "0.0.0.0/0",
        ipProtocol: "-1",
        description: "peers, AWS APIs, packages and tip references",
        tags: groupTags(args.place, args.group, `${title}-egress`),
      },
      { parent: this },
    );
    this.securityGroupId = made.id;
    this.rules = [...ingress, egress, ...serverRule(this, name, made.id, args)];
    this.registerOutputs({ securityGroupId: this.securityGroupId });
  }
}

/** The one rule in another group's security group: this group may use the port that serves it. */
function serverRule(
  parent: GroupSecurity,
  name: string,
  id: pulumi.Output<string>,
  { place, group, serverSecurityGroupId }: GroupSecurityArgs,
): readonly pulumi.Resource[] {
  if (group.server === undefined || serverSecurityGroupId === undefined) return [];
  const { port, group: server } = group.server;
  return [
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-server`,
      {
        securityGroupId: serverSecurityGroupId,
        referencedSecurityGroupId: id,
        ipProtocol: port.protocol,
        fromPort: port.port,
        toPort: port.port,
        description: plainDescription(`${port.description}, from the group ${group.name} that ${server} serves`),
        tags: groupTags(place, group, `coinfleet-${place.environment}-${group.name}-server`),
      },
      { parent },
    ),
  ];
}
