import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { arn, type Place } from "./place.ts";
import { policyDocument, type PolicyDocument } from "./policy-document.ts";
import { ServiceRole } from "./service-role.ts";
import { environmentTags } from "./tags.ts";

export interface FlowLogsArgs {
  readonly place: Place;
  readonly vpcId: pulumi.Input<string>;
  readonly keyArn: pulumi.Input<string>;
  readonly retentionDays: number;
}

/** What the VPC has rejected. Accepted traffic of nodes with a hundred peers each would cost more than the nodes. */
export class FlowLogs extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:FlowLogs";

  constructor(name: string, args: FlowLogsArgs, opts?: pulumi.ComponentResourceOptions) {
    super(FlowLogs.type, name, {}, opts);
    const { place, vpcId } = args;
    const path = flowLogGroup(place);
    const logs = new aws.cloudwatch.LogGroup(
      `${name}-group`,
      { name: path, retentionInDays: args.retentionDays, kmsKeyId: args.keyArn, tags: environmentTags(place, path) },
      { parent: this },
    );
    const role = new ServiceRole(
      name,
      {
        place,
        role: "flow-logs",
        description: "Flow logs of Coinfleet's network",
        service: "vpc-flow-logs.amazonaws.com",
        policy: flowLogPolicy(place),
      },
      { parent: this },
    );
    new aws.ec2.FlowLog(
      `${name}-rejected`,
      {
        vpcId,
        trafficType: "REJECT",
        logDestinationType: "cloud-watch-logs",
        logDestination: logs.arn,
        iamRoleArn: role.arn,
        maxAggregationInterval: 600,
        tags: environmentTags(place, `coinfleet-${place.environment}-flow-logs`),
      },
      { parent: this, dependsOn: [role.policy] },
    );
    this.registerOutputs({});
  }
}

/** Writing into the one log group. */
export function flowLogPolicy(place: Place): PolicyDocument {
  const group = arn(place, "logs", `log-group:${flowLogGroup(place)}`);
  return policyDocument([
    {
      Sid: "WriteFlowLogs",
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"],
      Resource: [group, `${group}:*`],
    },
  ]);
}

/** No group of nodes can have this name: it has a slash. */
function flowLogGroup(place: Place): string {
  return `/coinfleet/${place.environment}/vpc/flow-logs`;
}
