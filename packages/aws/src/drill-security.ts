import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Port, ResolvedGroup } from "@coinfleet/sdk";
import { ingressRules } from "./group-security.ts";
import type { Place } from "./place.ts";
import { plainDescription } from "./plain-description.ts";
import { groupTags } from "./tags.ts";

export interface DrillSecurityArgs {
  readonly place: Place;
  readonly group: ResolvedGroup;
  readonly vpcId: pulumi.Input<string>;
  /** Security group of the group's nodes. */
  readonly groupSecurityGroupId: pulumi.Input<string>;
  /** Security group of the group that serves this one. */
  readonly serverSecurityGroupId: pulumi.Input<string> | undefined;
}

/** The security group of a throw-away node: nothing comes in. It reaches the agents of the group, and its peers where those are the group itself. */
export class DrillSecurity extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:DrillSecurity";
  readonly securityGroupId: pulumi.Output<string>;
  readonly rules: readonly pulumi.Resource[];

  constructor(name: string, args: DrillSecurityArgs, opts?: pulumi.ComponentResourceOptions) {
    super(DrillSecurity.type, name, {}, opts);
    const { place, group } = args;
    const title = `coinfleet-${place.environment}-${group.name}-drill`;
    const tags = (role: string): Record<string, string> => groupTags(place, group, `${title}${role}`);
    const made = new aws.ec2.SecurityGroup(
      `${name}-group`,
      { vpcId: args.vpcId, description: `Drills of Coinfleet group ${group.name}`, tags: tags("") },
      { parent: this },
    );
    const egress = new aws.vpc.SecurityGroupEgressRule(
      `${name}-egress`,
      {
        securityGroupId: made.id,
        cidrIpv4: "0.0.0.0/0",
        ipProtocol: "-1",
        description: "peers, AWS APIs and tip references",
        tags: tags("-egress"),
      },
      { parent: this },
    );
    const lets = (key: string, securityGroupId: pulumi.Input<string>, { protocol, port, description }: Port): pulumi.Resource =>
      new aws.vpc.SecurityGroupIngressRule(
        `${name}-${key}`,
        {
          securityGroupId,
          referencedSecurityGroupId: made.id,
          ipProtocol: protocol,
          fromPort: port,
          toPort: port,
          description: plainDescription(`${description}, from the drills of ${group.name}`),
          tags: tags(`-${key}`),
        },
        { parent: this },
      );
    const reached = ingressRules(group).filter(({ key, source }) => source === "group" && (key === "agent-group" || isOfPeers(group, key)));
    this.rules = [
      egress,
      ...reached.map(({ key, port }) => lets(key, args.groupSecurityGroupId, port)),
      ...(group.server === undefined || args.serverSecurityGroupId === undefined
        ? []
        : [lets("server", args.serverSecurityGroupId, group.server.port)]),
    ];
    this.securityGroupId = made.id;
    this.registerOutputs({ securityGroupId: this.securityGroupId });
  }
}

/** A port for peers that only the group itself may use: that of a private network, or of nodes without public addresses. */
const isOfPeers = ({ ports }: ResolvedGroup, key: string): boolean => ports[key.replace(/-group$/, "")]?.exposure === "public";
