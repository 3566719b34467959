import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Severity, SlackChannelSpec } from "@coinfleet/sdk";
import { arn, type Place } from "./place.ts";
import { policyDocument, type PolicyDocument } from "./policy-document.ts";
import { ServiceRole } from "./service-role.ts";
import { environmentTags } from "./tags.ts";

/** A channel and what it hears. */
export interface SlackChannel extends SlackChannelSpec {
  readonly hears: readonly Severity[];
}

export interface SlackChannelsArgs {
  readonly place: Place;
  readonly channels: readonly SlackChannel[];
  readonly topicArns: Readonly<Record<Severity, pulumi.Input<string>>>;
}

/** Slack channels that AWS Chatbot tells of alarms, free of charge. People there can look at alarms, and do nothing else. */
export class SlackChannels extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:SlackChannels";

  constructor(name: string, args: SlackChannelsArgs, opts?: pulumi.ComponentResourceOptions) {
    super(SlackChannels.type, `${name}-slack`, {}, opts);
    const { place, topicArns } = args;
    const role = new ServiceRole(
      `${name}-slack`,
      {
        place,
        role: "slack",
        description: "What people in Slack may see of Coinfleet's alarms",
        service: "chatbot.amazonaws.com",
        policy: slackPolicy(place),
      },
      { parent: this },
    );
    for (const { workspace, channel, hears } of args.channels) {
      const title = `coinfleet-${place.environment}-${channel}`;
      new aws.chatbot.SlackChannelConfiguration(
        `${name}-slack-${workspace}-${channel}`,
        {
          configurationName: title,
          slackTeamId: workspace,
          slackChannelId: channel,
          iamRoleArn: role.arn,
          // Without one, AWS takes its policy for administrators. What people may do is what both this one and the role allow.
          guardrailPolicyArns: ["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"],
          userAuthorizationRequired: false,
          loggingLevel: "ERROR",
          snsTopicArns: hears.map((severity) => topicArns[severity]),
          tags: environmentTags(place, title),
        },
        { parent: this, dependsOn: [role.policy] },
      );
    }
    this.registerOutputs({});
  }
}

/** This environment's alarms: their state, and nothing that changes it. */
function slackPolicy(place: Place): PolicyDocument {
  return policyDocument([
    {
      Sid: "LookAtAlarms",
      Effect: "Allow",
      Action: ["cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmHistory"],
      Resource: [arn(place, "cloudwatch", `alarm:coinfleet-${place.environment}-*`)],
    },
  ]);
}
