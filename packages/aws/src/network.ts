import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Place } from "./place.ts";
import { subnetCidr } from "./subnet-cidr.ts";
import { environmentTags } from "./tags.ts";

export interface NetworkArgs {
  readonly place: Place;
  /** CIDR of the VPC, at most /20. */
  readonly cidr: string;
  /** Availability zones. Each has a subnet, which depends on its letter and not on the list's order. */
  readonly zones: readonly string[];
  /** Name of the private zone. */
  readonly domain: string;
}

/**
 * A VPC of the environment's own: one public subnet per zone (peers must reach the nodes), and a private zone for the nodes' names.
 * The default security group is closed, so that nothing works by having been forgotten.
 */
export class Network extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Network";
  readonly vpcId: pulumi.Output<string>;
  readonly zoneId: pulumi.Output<string>;
  /** Availability zone → subnet. */
  readonly subnetIds: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Network.type, name, {}, opts);
    const parent = { parent: this };
    const tags = (role: string): Record<string, string> => environmentTags(args.place, `coinfleet-${args.place.environment}-${role}`);
    const vpc = new aws.ec2.Vpc(
      `${name}-vpc`,
      { cidrBlock: args.cidr, enableDnsSupport: true, enableDnsHostnames: true, tags: tags("vpc") },
      parent,
    );
    new aws.ec2.DefaultSecurityGroup(
      `${name}-default-security-group`,
      { vpcId: vpc.id, ingress: [], egress: [], tags: tags("closed") },
      parent,
    );
    const gateway = new aws.ec2.InternetGateway(`${name}-gateway`, { vpcId: vpc.id, tags: tags("gateway") }, parent);
    const routes = new aws.ec2.RouteTable(`${name}-public-routes`, { vpcId: vpc.id, tags: tags("public") }, parent);
    new aws.ec2.Route(
      `${name}-public-route`,
      { routeTableId: routes.id, destinationCidrBlock: "0.0.0.0/0", gatewayId: gateway.id },
      parent,
    );
    this.subnetIds = Object.fromEntries(
      args.zones.map((zone) => {
        const subnet = new aws.ec2.Subnet(
          `${name}-public-${zone}`,
          {
            vpcId: vpc.id,
            availabilityZone: zone,
            cidrBlock: subnetCidr(args.cidr, subnetPrefix(args.cidr), zoneNumber(zone)),
            mapPublicIpOnLaunch: false,
            tags: tags(`public-${zone}`),
          },
          parent,
        );
        new aws.ec2.RouteTableAssociation(`${name}-public-${zone}`, { subnetId: subnet.id, routeTableId: routes.id }, parent);
        return [zone, subnet.id];
      }),
    );
    const zone = new aws.route53.Zone(
      `${name}-zone`,
      { name: args.domain, comment: "Names of the nodes", vpcs: [{ vpcId: vpc.id }], tags: tags("zone") },
      parent,
    );
    this.vpcId = vpc.id;
    this.zoneId = zone.zoneId;
    this.registerOutputs({ vpcId: this.vpcId, zoneId: this.zoneId });
  }
}

/** Sixteen subnets, of which a zone takes one: room for private ones and for more zones. */
function subnetPrefix(cidr: string): number {
  return Number(cidr.split("/")[1]) + 4;
}

/** 0 for eu-central-1a. */
function zoneNumber(zone: string): number {
  return zone.charCodeAt(zone.length - 1) - "a".charCodeAt(0);
}
