import assert from "node:assert/strict";
import { recordProgram, stackConfig, type Recorded } from "./record-program.ts";

const [subscriptionType, slackType] = [
  "aws:sns/topicSubscription:TopicSubscription",
  "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration",
];

/** The sandbox stack with other subscriptions. */
async function resourcesOf(alerts: object): Promise<readonly Recorded[]> {
  const config = stackConfig("sandbox");
  const fleet = config["coinfleet:fleet"];
  assert.ok(typeof fleet === "object" && fleet !== null);
  return (await recordProgram("sandbox", { ...config, "coinfleet:fleet": { ...fleet, alerts } })).resources;
}

const of = (resources: readonly Recorded[], type: string): readonly Recorded[] => resources.filter((one) => one.type === type);

const slack = (channel: string): object => ({ protocol: "slack", workspace: "T0123ABCDEF", channel });

/** What is registered for who hears of alarms. Does not prove that AWS Chatbot is let into the workspace, nor that a message arrives. */
describe("who hears of alarms", function () {
  this.timeout(300_000);
  let resources: readonly Recorded[];
  before(async () => {
    resources = await resourcesOf({
      page: [{ protocol: "https", endpoint: "https://pager.example/x", confirmsItself: true }, slack("C0PAGES00"), slack("C0BOTH000")],
      warn: [{ protocol: "email", endpoint: "nodes@exchange.example" }, slack("C0BOTH000")],
    });
  });

  it("are the subscriptions of each severity's topic", () =>
    assert.deepEqual(
      of(resources, subscriptionType).map(({ inputs }) => inputs),
      [
        { topic: "arn:of:Topic:alerts-page", protocol: "https", endpoint: "https://pager.example/x", endpointAutoConfirms: true },
        { topic: "arn:of:Topic:alerts-warn", protocol: "email", endpoint: "nodes@exchange.example" },
      ],
    ));

  it("are Slack channels, each once with all the topics that it hears", () =>
    assert.deepEqual(
      of(resources, slackType).map(({ inputs }) => [inputs["slackTeamId"], inputs["slackChannelId"], inputs["snsTopicArns"]]),
      [
        ["T0123ABCDEF", "C0PAGES00", ["arn:of:Topic:alerts-page"]],
        ["T0123ABCDEF", "C0BOTH000", ["arn:of:Topic:alerts-page", "arn:of:Topic:alerts-warn"]],
      ],
    ));

  it("do nothing from Slack but look: no policy of AWS's for administrators", () => {
    for (const { inputs } of of(resources, slackType)) {
      assert.deepEqual(inputs["guardrailPolicyArns"], ["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"]);
      assert.equal(inputs["iamRoleArn"], "arn:of:Role:alerts-slack-role");
    }
  });

  it("take no role and no channel where the stack file names none", async () => {
    const without = await resourcesOf({ page: [{ protocol: "sms", endpoint: "+493012345678" }] });
    assert.deepEqual(of(without, slackType), []);
    assert.ok(without.every(({ name }) => !name.includes("slack")));
  });
});
