import type { AlertsSpec, SubscriptionSpec } from "@coinfleet/sdk";
import { z } from "zod";

/** What each way of delivery needs as its end point, for people and for the check. */
const endpoints = {
  email: { fits: z.email(), what: "an e-mail address" },
  https: { fits: z.url({ protocol: /^https$/ }), what: "an https address" },
  sms: { fits: z.string().regex(/^\+\d{8,15}$/), what: "a phone number with its country, in quotes, for example +493012345678" },
  sqs: { fits: z.string().regex(/^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:.+$/), what: "the ARN of a queue" },
  lambda: { fits: z.string().regex(/^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:.+$/), what: "the ARN of a function" },
} as const;

const slackId = (first: string, what: string): z.ZodString =>
  z.string().regex(new RegExp(`^[${first}][A-Z0-9]{7,20}$`), `the id of a Slack ${what}, for example ${first[0] ?? ""}0123ABCDEF`);

/** A subscription. One mapping, so that each message can name its key. */
const subscription = z
  .strictObject({
    protocol: z
      .enum(["email", "https", "sms", "sqs", "lambda", "slack"])
      .describe(
        "How it is delivered. E-mail must be confirmed by its owner. Slack goes through AWS Chatbot, whose app a person lets into the workspace once, in its console. SMS is paid for by message, e-mail and Slack cost nothing.",
      ),
    endpoint: z.string().min(1, "a text").optional().describe("Address, URL, number or ARN, by protocol. Needed but for slack."),
    confirmsItself: z
      .boolean()
      .optional()
      .describe(
        "For https: the end point answers SNS's request for a confirmation, as paging services do. Default: false, a person follows its link.",
      ),
    workspace: slackId("TE", "workspace").optional().describe("Id of the Slack workspace. Needed for slack."),
    channel: slackId("CG", "channel").optional().describe("Id of the Slack channel; a private one must invite the app. Needed for slack."),
  })
  .superRefine((value, context) => {
    const say = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
    const { protocol, endpoint, confirmsItself, workspace, channel } = value;
    if (confirmsItself !== undefined && protocol !== "https") say("confirmsItself", "only with https");
    if (protocol === "slack") {
      if (workspace === undefined) say("workspace", "needed for slack");
      if (channel === undefined) say("channel", "needed for slack");
      if (endpoint !== undefined) say("endpoint", "not for slack, which has a workspace and a channel");
      return;
    }
    const { fits, what } = endpoints[protocol];
    if (!fits.safeParse(endpoint).success) say("endpoint", what);
    if (workspace !== undefined) say("workspace", "only for slack");
    if (channel !== undefined) say("channel", "only for slack");
  })
  .meta({
    if: { properties: { protocol: { const: "slack" } } },
    then: { required: ["workspace", "channel"], properties: { endpoint: false, confirmsItself: false } },
    else: { required: ["endpoint"], properties: { workspace: false, channel: false } },
  });

/** Who hears of alarms. */
export const alertsSchema = z
  .strictObject({
    page: z.array(subscription).default([]).describe("Who is woken. Default: nobody."),
    warn: z.array(subscription).default([]).describe("Who reads it in the morning. Default: nobody."),
  })
  .prefault({})
  .describe("Who hears of alarms.");

/** What was read, as one kind of thing for each way of delivery. */
export function alertsOf({ page, warn }: z.infer<typeof alertsSchema>): AlertsSpec {
  return { page: page.map(subscriptionOf), warn: warn.map(subscriptionOf) };
}

function subscriptionOf({ protocol, endpoint, confirmsItself, workspace, channel }: z.infer<typeof subscription>): SubscriptionSpec {
  if (protocol === "slack" && workspace !== undefined && channel !== undefined) return { protocol, workspace, channel };
  if (protocol === "slack" || endpoint === undefined) throw new Error("the schema lets no subscription without its end point pass");
  return { protocol, endpoint, confirmsItself: confirmsItself ?? false };
}
