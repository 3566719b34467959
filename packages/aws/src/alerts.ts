import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AlertsSpec, Severity, SlackChannelSpec } from "@coinfleet/sdk";
import { arn, type Place } from "./place.ts";
import { policyDocument, type PolicyDocument } from "./policy-document.ts";
import { SlackChannels, type SlackChannel } from "./slack-channels.ts";
import { environmentTags } from "./tags.ts";

export interface AlertsArgs {
  readonly place: Place;
  readonly keyArn: pulumi.Input<string>;
  readonly subscriptions: AlertsSpec;
}

/** One SNS topic per severity, encrypted, TLS only, and who hears of it: subscriptions, and Slack channels through AWS Chatbot. */
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
      for (const one of args.subscriptions[severity]) {
        if (one.protocol === "slack") continue;
        const { protocol, endpoint, confirmsItself } = one;
        new aws.sns.TopicSubscription(
          `${name}-${severity}-${protocol}-${endpoint}`,
          { topic: made.arn, protocol, endpoint, ...(confirmsItself ? { endpointAutoConfirms: true } : {}) },
          { parent: this },
        );
      }
      return made.arn;
    };
    this.topicArns = { page: topic("page"), warn: topic("warn") };
    const channels = slackChannels(args.subscriptions);
    if (channels.length > 0) new SlackChannels(name, { place: args.place, channels, topicArns: this.topicArns }, { parent: this });
    this.registerOutputs({ topicArns: this.topicArns });
  }
}

/** Each channel once, with all that it hears: AWS Chatbot has one configuration for a channel. */
function slackChannels(subscriptions: AlertsSpec): readonly SlackChannel[] {
  const channels = new Map<string, SlackChannel>();
  for (const severity of ["page", "warn"] as const)
    for (const one of subscriptions[severity].filter((each): each is SlackChannelSpec => each.protocol === "slack")) {
      const key = `${one.workspace} ${one.channel}`;
      channels.set(key, { ...one, hears: [...(channels.get(key)?.hears ?? []), severity] });
    }
  return [...channels.values()];
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
