import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { OwnNetworkSpec, SubnetKind } from "@coinfleet/sdk";
import type { SubnetIds } from "./network.ts";
import type { Place } from "./place.ts";
import { subnetCidr } from "./subnet-cidr.ts";
import { environmentTags } from "./tags.ts";

export interface SubnetsArgs {
  readonly place: Place;
  readonly vpcId: pulumi.Input<string>;
  readonly cidr: string;
  readonly zones: readonly string[];
  readonly natGateways: OwnNetworkSpec["natGateways"];
}

/** Sixteen subnets: a zone takes one of the first eight for public nodes, and one of the others for private ones. */
const firstOf: Readonly<Record<SubnetKind, number>> = { public: 0, private: 8 };

/** A public and a private subnet in each zone, and their ways out: the larger part of {@link Network}, whose children they are. */
export class Subnets {
  readonly ids: SubnetIds;
  readonly routeTableIds: readonly pulumi.Output<string>[];
  readonly #name: string;
  readonly #args: SubnetsArgs;
  readonly #parent: { readonly parent: pulumi.Resource };

  constructor(name: string, args: SubnetsArgs, parent: pulumi.Resource) {
    this.#name = name;
    this.#args = args;
    this.#parent = { parent };
    const gateway = new aws.ec2.InternetGateway(`${name}-gateway`, { vpcId: args.vpcId, tags: this.#tags("gateway") }, this.#parent);
    const outside = this.#routes("public", { gatewayId: gateway.id });
    const publicIds = this.#subnets("public", () => outside);
    const inside = this.#privateRoutes(publicIds);
    this.ids = { public: publicIds, private: this.#subnets("private", inside.of) };
    this.routeTableIds = [outside, ...inside.all];
  }

  #privateRoutes(publicIds: SubnetIds["public"]): { of: (zone: string) => pulumi.Output<string>; all: readonly pulumi.Output<string>[] } {
    const { natGateways, zones } = this.#args;
    const [first] = zones;
    if (natGateways === "none" || first === undefined) {
      const alone = this.#routes("private");
      return { of: () => alone, all: [alone] };
    }
    if (natGateways === "one") {
      const shared = this.#routes("private", { natGatewayId: this.#natGateway(first, publicIds) });
      return { of: () => shared, all: [shared] };
    }
    const own = new Map(zones.map((zone) => [zone, this.#routes(`private-${zone}`, { natGatewayId: this.#natGateway(zone, publicIds) })]));
    const of = (zone: string): pulumi.Output<string> => {
      const found = own.get(zone);
      if (found === undefined) throw new Error(`zone ${zone} has no routes`);
      return found;
    };
    return { of, all: [...own.values()] };
  }

  #natGateway(zone: string, publicIds: SubnetIds["public"]): pulumi.Output<string> {
    const title = `nat-${zone}`;
    const address = new aws.ec2.Eip(`${this.#name}-${title}`, { domain: "vpc", tags: this.#tags(title) }, this.#parent);
    const subnetId = publicIds[zone];
    if (subnetId === undefined) throw new Error(`zone ${zone} has no public subnet`);
    return new aws.ec2.NatGateway(
      `${this.#name}-${title}`,
      { subnetId, allocationId: address.allocationId, tags: this.#tags(title) },
      this.#parent,
    ).id;
  }

  /** A route table, and its way to the internet where it has one. */
  #routes(role: string, way?: { gatewayId: pulumi.Input<string> } | { natGatewayId: pulumi.Input<string> }): pulumi.Output<string> {
    const { id } = new aws.ec2.RouteTable(
      `${this.#name}-${role}-routes`,
      { vpcId: this.#args.vpcId, tags: this.#tags(role) },
      this.#parent,
    );
    if (way !== undefined)
      new aws.ec2.Route(`${this.#name}-${role}-route`, { routeTableId: id, destinationCidrBlock: "0.0.0.0/0", ...way }, this.#parent);
    return id;
  }

  #subnets(kind: SubnetKind, routesOf: (zone: string) => pulumi.Input<string>): Record<string, pulumi.Output<string>> {
    const { vpcId, cidr, zones } = this.#args;
    return Object.fromEntries(
      zones.map((zone) => {
        const title = `${kind}-${zone}`;
        const subnet = new aws.ec2.Subnet(
          `${this.#name}-${title}`,
          {
            vpcId,
            availabilityZone: zone,
            cidrBlock: subnetCidr(cidr, Number(cidr.split("/")[1]) + 4, firstOf[kind] + zoneNumber(zone)),
            mapPublicIpOnLaunch: false,
            tags: this.#tags(title),
          },
          this.#parent,
        );
        new aws.ec2.RouteTableAssociation(`${this.#name}-${title}`, { subnetId: subnet.id, routeTableId: routesOf(zone) }, this.#parent);
        return [zone, subnet.id];
      }),
    );
  }

  #tags(role: string): Record<string, string> {
    const { place } = this.#args;
    return environmentTags(place, `coinfleet-${place.environment}-${role}`);
  }
}

/** 0 for eu-central-1a. */
function zoneNumber(zone: string): number {
  return zone.charCodeAt(zone.length - 1) - "a".charCodeAt(0);
}
