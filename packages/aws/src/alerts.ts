import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Severity } from "@coinfleet/sdk";
import { arn, type Place } from "./place.ts";
import { policyDocument, type PolicyDocument } from "./policy-document.ts";
import { environmentTags } from "./tags.ts";

/** Who is told. E-mail subscriptions must be confirmed by their owner. */
interface Subscription {
  readonly protocol: "email" | "https" | "sms" | "sqs" | "lambda";
  readonly endpoint: string;
}

export interface AlertsArgs {
  readonly place: Place;
  readonly keyArn: pulumi.Input<string>;
  readonly subscriptions: Readonly<Record<Severity, readonly Subscription[]>>;
}

/** One SNS topic per severity, encrypted, TLS only. */
export class Alerts extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Alerts";
  readonly topicArns: Readonly<Record<Severity, pulumi.Output<string>>>;

  constructor(name: string, args: AlertsArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Alerts.type, name, {}, opts);
    const topic = (severity: Severity): pulumi.Output<string> => {
      const title = `coinfleet-${args.place.environment}-${severity}`;
      const made = new aws.sns.Topic(
        `${name}-${severity}`,
        {
          name: title,
          kmsMasterKeyId: args.keyArn,
          policy: JSON.stringify(topicPolicy(args.place, title)),
          tags: environmentTags(args.place, title),
        },
        { parent: this },
      );
      for (const { protocol, endpoint } of args.subscriptions[severity]) {
        new aws.sns.TopicSubscription(
          `${name}-${severity}-${protocol}-${endpoint}`,
          { topic: made.arn, protocol, endpoint },
          { parent: this },
        );
      }
      return made.arn;
    };
    this.topicArns = { page: topic("page"), warn: topic("warn") };
    this.registerOutputs({ topicArns: this.topicArns });
  }
}

/** Alarms of this account publish, the account subscribes, and nobody does anything without TLS. */
export function topicPolicy(place: Place, topic: string): PolicyDocument {
  const Resource = [arn(place, "sns", topic)];
  return policyDocument([
    {
      Sid: "AlarmsOfThisAccount",
      Effect: "Allow",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Action: ["sns:Publish"],
      Resource,
      Condition: { StringEquals: { "aws:SourceAccount": place.account } },
    },
    {
      Sid: "AccountByItsOwnPolicies",
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${place.account}:root` },
      Action: [
        "sns:Publish",
        "sns:Subscribe",
        "sns:GetTopicAttributes",
        "sns:SetTopicAttributes",
        "sns:ListSubscriptionsByTopic",
        "sns:DeleteTopic",
      ],
      Resource,
    },
    {
      Sid: "TlsOnly",
      Effect: "Deny",
      Principal: { AWS: "*" },
      Action: ["sns:Publish"],
      Resource,
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ]);
}
