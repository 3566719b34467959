import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { OwnNetworkSpec } from "@coinfleet/sdk";
import type { Place } from "./place.ts";
import { environmentTags } from "./tags.ts";

export interface EndpointsArgs {
  readonly place: Place;
  readonly vpcId: pulumi.Input<string>;
  /** Who may use them: the whole VPC. */
  readonly cidr: string;
  readonly which: OwnNetworkSpec["endpoints"];
  readonly routeTableIds: readonly pulumi.Input<string>[];
  /** One in each zone. */
  readonly subnetIds: readonly pulumi.Input<string>[];
}

/** They have a kind that costs nothing. S3 holds the layers of the registry's images, DynamoDB the groups' locks. */
const free = ["s3", "dynamodb"];
/** Every other API that a host's scripts and agents call. */
const called = ["ssm", "ssmmessages", "ec2messages", "ecr.api", "ecr.dkr", "logs", "monitoring", "secretsmanager", "kms", "sts"];

/** AWS services inside the VPC. */
export class Endpoints extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Endpoints";

  constructor(name: string, args: EndpointsArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Endpoints.type, name, {}, opts);
    const { place, vpcId } = args;
    const tags = (role: string): Record<string, string> => environmentTags(place, `coinfleet-${place.environment}-${role}`);
    for (const service of free)
      new aws.ec2.VpcEndpoint(
        `${name}-${service}`,
        {
          vpcId,
          serviceName: `com.amazonaws.${place.region}.${service}`,
          vpcEndpointType: "Gateway",
          routeTableIds: [...args.routeTableIds],
          tags: tags(service),
        },
        { parent: this },
      );
    if (args.which === "all") {
      const securityGroupId = this.securityGroup(name, args, tags("endpoints"));
      for (const service of called)
        new aws.ec2.VpcEndpoint(
          `${name}-${service}`,
          {
            vpcId,
            serviceName: `com.amazonaws.${place.region}.${service}`,
            vpcEndpointType: "Interface",
            subnetIds: [...args.subnetIds],
            securityGroupIds: [securityGroupId],
            privateDnsEnabled: true,
            tags: tags(service),
          },
          { parent: this },
        );
    }
    this.registerOutputs({});
  }

  private securityGroup(name: string, { vpcId, cidr }: EndpointsArgs, tags: Record<string, string>): pulumi.Output<string> {
    const { id } = new aws.ec2.SecurityGroup(
      `${name}-group`,
      { vpcId, description: "AWS services inside the VPC", tags },
      { parent: this },
    );
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-https`,
      { securityGroupId: id, cidrIpv4: cidr, ipProtocol: "tcp", fromPort: 443, toPort: 443, description: "AWS APIs, from the VPC", tags },
      { parent: this },
    );
    return id;
  }
}
