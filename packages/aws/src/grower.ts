import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { renderGrower } from "@coinfleet/host";
import { coordinationTable, groupScope, holdScope } from "@coinfleet/sdk";
import { arn, type Place } from "./place.ts";
import { policyDocument, type PolicyDocument } from "./policy-document.ts";
import { ServiceRole } from "./service-role.ts";
import { environmentTags } from "./tags.ts";

export interface GrowerArgs {
  readonly place: Place;
  /** False: it is there and does not run. */
  readonly isEnabled: boolean;
}

/**
 * Who alone changes the size of data volumes: an Automation document that looks at all of them every ten minutes. By the clock and not by an alarm, because
 * an alarm speaks once, and what AWS refuses then (a modification that goes on, the day's fourth) has to be tried again. About $1 a month.
 */
export class Grower extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Grower";

  constructor(name: string, { place, isEnabled }: GrowerArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Grower.type, name, {}, opts);
    const title = `coinfleet-${place.environment}-grower`;
    const tags = environmentTags(place, title);
    const acting = new ServiceRole(
      name,
      { place, role: "grower", description: "Grows Coinfleet's data volumes", service: "ssm.amazonaws.com", policy: growerPolicy(place) },
      { parent: this },
    );
    const document = new aws.ssm.Document(
      `${name}-document`,
      {
        name: title,
        documentType: "Automation",
        documentFormat: "JSON",
        content: acting.arn.apply((roleArn) => renderGrower(place.environment, roleArn)),
        tags,
      },
      { parent: this },
    );
    const starting = new ServiceRole(
      `${name}-start`,
      {
        place,
        role: "grower-start",
        description: "Starts the grower of Coinfleet's data volumes",
        service: "events.amazonaws.com",
        policy: acting.arn.apply((roleArn) => growerStartPolicy(place, title, roleArn)),
      },
      { parent: this },
    );
    const rule = new aws.cloudwatch.EventRule(
      `${name}-rule`,
      {
        name: title,
        description: "Looks whether a data volume has to grow",
        scheduleExpression: "rate(10 minutes)",
        state: isEnabled ? "ENABLED" : "DISABLED",
        tags,
      },
      { parent: this },
    );
    new aws.cloudwatch.EventTarget(
      `${name}-target`,
      { rule: rule.name, arn: arn(place, "ssm", `automation-definition/${title}:$DEFAULT`), roleArn: starting.arn },
      { parent: this, dependsOn: [document, acting.policy, starting.policy] },
    );
    this.registerOutputs({});
  }
}

/** The size of this environment's volumes, and the table by which it asks who else is at work. */
function growerPolicy(place: Place): PolicyDocument {
  const Resource = [arn(place, "dynamodb", `table/${coordinationTable(place.environment)}`)];
  const scopes = (...names: readonly string[]): Record<string, Record<string, string | readonly string[]>> => ({
    "ForAllValues:StringLike": { "dynamodb:LeadingKeys": names },
    Null: { "dynamodb:LeadingKeys": "false" },
  });
  return policyDocument([
    // These actions know no resources.
    { Sid: "Look", Effect: "Allow", Action: ["ec2:DescribeVolumes", "cloudwatch:GetMetricData"], Resource: ["*"] },
    {
      Sid: "Grow",
      Effect: "Allow",
      Action: ["ec2:ModifyVolume"],
      Resource: [arn(place, "ec2", "volume/*")],
      Condition: { StringEquals: { "aws:ResourceTag/coinfleet:environment": place.environment } },
    },
    { Sid: "Lock", Effect: "Allow", Action: ["dynamodb:PutItem", "dynamodb:DeleteItem"], Resource, Condition: scopes(groupScope("*")) },
    { Sid: "Ask", Effect: "Allow", Action: ["dynamodb:Query"], Resource, Condition: scopes(groupScope("*"), holdScope("*")) },
  ]);
}

/** One document, as one role. */
function growerStartPolicy(place: Place, document: string, roleArn: string): PolicyDocument {
  return policyDocument([
    {
      Sid: "Start",
      Effect: "Allow",
      Action: ["ssm:StartAutomationExecution"],
      Resource: [arn(place, "ssm", `automation-definition/${document}:*`)],
    },
    {
      Sid: "ActAsGrower",
      Effect: "Allow",
      Action: ["iam:PassRole"],
      Resource: [roleArn],
      Condition: { StringEquals: { "iam:PassedToService": "ssm.amazonaws.com" } },
    },
  ]);
}
