import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ExistingNetworkSpec, NetworkSpec, OwnNetworkSpec, SubnetKind } from "@coinfleet/sdk";
import { Endpoints } from "./endpoints.ts";
import { FlowLogs } from "./flow-logs.ts";
import type { Place } from "./place.ts";
import { Subnets } from "./subnets.ts";
import { environmentTags } from "./tags.ts";

export interface NetworkArgs {
  readonly place: Place;
  readonly spec: NetworkSpec;
  readonly keyArn: pulumi.Input<string>;
  /** Availability zones. Each has its subnets, which depend on its letter and not on the list's order. */
  readonly zones: readonly string[];
  /** Name of the private zone. */
  readonly domain: string;
}

/** Availability zone → subnet, of each kind. */
export type SubnetIds = Readonly<Record<SubnetKind, Readonly<Record<string, pulumi.Output<string>>>>>;

/** The VPC of an environment, its own or an existing one, and a private zone for the nodes' names. */
export class Network extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Network";
  readonly vpcId: pulumi.Output<string>;
  readonly zoneId: pulumi.Output<string>;
  readonly subnetIds: SubnetIds;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Network.type, name, {}, opts);
    const { vpcId, subnetIds } = "cidr" in args.spec ? this.own(name, args, args.spec) : existing(args.spec);
    const zone = new aws.route53.Zone(
      `${name}-zone`,
      { name: args.domain, comment: "Names of the nodes", vpcs: [{ vpcId }], tags: tagsOf(args.place, "zone") },
      { parent: this },
    );
    this.vpcId = vpcId;
    this.subnetIds = subnetIds;
    this.zoneId = zone.zoneId;
    this.registerOutputs({ vpcId: this.vpcId, zoneId: this.zoneId });
  }

  /** The default security group is closed, so that nothing works by having been forgotten. */
  private own(
    name: string,
    { place, zones, keyArn }: NetworkArgs,
    spec: OwnNetworkSpec,
  ): { vpcId: pulumi.Output<string>; subnetIds: SubnetIds } {
    const parent = { parent: this };
    const vpc = new aws.ec2.Vpc(
      `${name}-vpc`,
      { cidrBlock: spec.cidr, enableDnsSupport: true, enableDnsHostnames: true, tags: tagsOf(place, "vpc") },
      parent,
    );
    new aws.ec2.DefaultSecurityGroup(
      `${name}-default-security-group`,
      { vpcId: vpc.id, ingress: [], egress: [], tags: tagsOf(place, "closed") },
      parent,
    );
    const subnets = new Subnets(name, { place, vpcId: vpc.id, cidr: spec.cidr, zones, natGateways: spec.natGateways }, this);
    const { routeTableIds, ids } = subnets;
    new Endpoints(
      `${name}-endpoints`,
      { place, vpcId: vpc.id, cidr: spec.cidr, which: spec.endpoints, routeTableIds, subnetIds: Object.values(ids.private) },
      parent,
    );
    if (spec.flowLogDays > 0) new FlowLogs(`${name}-flow-logs`, { place, vpcId: vpc.id, keyArn, retentionDays: spec.flowLogDays }, parent);
    return { vpcId: vpc.id, subnetIds: ids };
  }
}

function existing({ vpcId, subnets }: ExistingNetworkSpec): { vpcId: pulumi.Output<string>; subnetIds: SubnetIds } {
  const known = (ids: Readonly<Record<string, string>>): Record<string, pulumi.Output<string>> =>
    Object.fromEntries(Object.entries(ids).map(([zone, id]) => [zone, pulumi.output(id)]));
  return { vpcId: pulumi.output(vpcId), subnetIds: { public: known(subnets.public), private: known(subnets.private) } };
}

function tagsOf(place: Place, role: string): Record<string, string> {
  return environmentTags(place, `coinfleet-${place.environment}-${role}`);
}
