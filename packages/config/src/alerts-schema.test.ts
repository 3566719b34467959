import assert from "node:assert/strict";
import { alertsOf, alertsSchema } from "./alerts-schema.ts";

/** Paths and messages of what is wrong with a subscription. */
function mistakes(subscription: object): string[] {
  const read = alertsSchema.safeParse({ page: [subscription] });
  return read.success ? [] : read.error.issues.map(({ path, message }) => `${path.slice(2).join(".")}: ${message}`);
}

const slack = { protocol: "slack", workspace: "T0123ABCDEF", channel: "C0123ABCDEF" };

const wrong: readonly (readonly [object, readonly string[]])[] = [
  [{ protocol: "email", endpoint: "nobody" }, ["endpoint: an e-mail address"]],
  [{ protocol: "email" }, ["endpoint: an e-mail address"]],
  [{ protocol: "https", endpoint: "http://pager.example" }, ["endpoint: an https address"]],
  [{ protocol: "sms", endpoint: "0301234567" }, ["endpoint: a phone number with its country, in quotes, for example +493012345678"]],
  [{ protocol: "sqs", endpoint: "queue" }, ["endpoint: the ARN of a queue"]],
  [{ protocol: "lambda", endpoint: "arn:aws:sqs:eu-central-1:123456789012:queue" }, ["endpoint: the ARN of a function"]],
  [{ protocol: "email", endpoint: "a@b.example", confirmsItself: true }, ["confirmsItself: only with https"]],
  [{ protocol: "email", endpoint: "a@b.example", channel: "C0123ABCDEF" }, ["channel: only for slack"]],
  [{ protocol: "slack" }, ["workspace: needed for slack", "channel: needed for slack"]],
  [{ ...slack, channel: "general" }, ["channel: the id of a Slack channel, for example C0123ABCDEF"]],
  [{ ...slack, endpoint: "https://hooks.example" }, ["endpoint: not for slack, which has a workspace and a channel"]],
];

const right: readonly object[] = [
  slack,
  { protocol: "email", endpoint: "nodes@exchange.example", confirmsItself: false },
  { protocol: "https", endpoint: "https://pager.example/x", confirmsItself: true },
  { protocol: "sms", endpoint: "+493012345678", confirmsItself: false },
  { protocol: "sqs", endpoint: "arn:aws:sqs:eu-central-1:123456789012:alarms", confirmsItself: false },
  { protocol: "lambda", endpoint: "arn:aws:lambda:eu-central-1:123456789012:function:alarms", confirmsItself: false },
];

describe("a subscription", () => {
  for (const [given, found] of wrong) it(`is refused: ${JSON.stringify(given)}`, () => assert.deepEqual(mistakes(given), found));

  for (const one of right)
    it(`is read as it stands: ${JSON.stringify(one)}`, () => {
      const { confirmsItself, ...given } = { confirmsItself: undefined, ...one };
      const written = confirmsItself === true ? one : given;
      assert.deepEqual(alertsOf(alertsSchema.parse({ warn: [written] })), { page: [], warn: [one] });
    });

  it("is none where the stack file names none", () => assert.deepEqual(alertsOf(alertsSchema.parse(undefined)), { page: [], warn: [] }));
});
