import assert from "node:assert/strict";
import { alarms } from "@coinfleet/sdk";
import { startFakeAws, type FakeAws } from "../testing/fake-aws.ts";
import { fakeFleet } from "../testing/fake-fleet.ts";
import { readExplanation, type ExplainOptions } from "./read-explanation.ts";
import { renderExplanation } from "./render-explanation.ts";

describe("coinfleet explain", () => {
  let aws: FakeAws;
  beforeEach(async () => {
    aws = await startFakeAws();
    fakeFleet(aws, 2);
    aws.on("DescribeAlarms", ({ AlarmNames: names }) => ({
      json: {
        MetricAlarms: (Array.isArray(names) ? names.map(String) : []).map((AlarmName) => ({
          AlarmName,
          StateValue: AlarmName.includes("litecoin-2") ? "ALARM" : "OK",
          StateReason: "Threshold Crossed: 3 out of the last 3 datapoints",
        })),
      },
    }));
    aws.on("DescribeAlarmHistory", () => ({
      json: { AlarmHistoryItems: [{ Timestamp: 1_795_000_000, HistorySummary: "Alarm updated from OK to ALARM" }] },
    }));
    const action = {
      Scope: { S: "group/litecoin" },
      Kind: { S: "restart" },
      Why: { S: "no progress for 900 s" },
      At: { N: String(Date.now()) },
    };
    const hold = {
      Scope: { S: "hold/litecoin" },
      Entry: { S: "litecoin-2" },
      By: { S: "alice" },
      Reason: { S: "two blocks" },
      Since: { N: "0" },
    };
    aws.on("Query", ({ ExpressionAttributeValues: values }) => ({
      json: {
        Items: JSON.stringify(values).includes("hold/")
          ? [hold]
          : ["litecoin-1", "litecoin-2"].map((node) => ({ ...action, Node: { S: node }, By: { S: `agent of ${node}` } })),
      },
    }));
  });
  afterEach(() => aws.close());

  const explain = async (options: ExplainOptions): Promise<string> => renderExplanation(await readExplanation(options));

  it("says what each alarm means and what to do, in the runbook's words", async () => {
    for (const { id, title, reason } of alarms) {
      const text = await explain({ alarm: id });
      assert.ok(text.includes(title) && text.includes(reason), id);
      assert.match(text, /What to do\n {2}\S/, id);
    }
  });

  it("ends with the alarm's own section of the runbook", async () => {
    assert.match(await explain({ alarm: "disk-full-soon" }), /What to do\n {2}Full within three days[^#]*$/);
  });

  it("tells the story of the nodes in alarm, and of no other", async () => {
    const text = await explain({ alarm: "node-behind" });
    assert.match(text, /litecoin-2 of test: ALARM\. Threshold Crossed: 3 out of the last 3/);
    assert.match(text, /held by alice since 1970-01-01 00:00:00 UTC: two blocks/);
    assert.match(text, /2026-11-1\d \d\d:\d\d:\d\d UTC {2}Alarm updated from OK to ALARM/);
    assert.match(text, /restart by agent of litecoin-2: no progress for 900 s/);
    assert.doesNotMatch(text, /litecoin-1/);
  });

  it("takes an alarm's whole name, as a message has it, and tells of its node in any state", async () => {
    const text = await explain({ alarm: "coinfleet-test-litecoin-1-node-has-no-peers" });
    assert.match(text, /^node-has-no-peers \(page\)/);
    assert.match(text, /litecoin-1 of test: OK/);
    assert.doesNotMatch(text, /litecoin-2/);
  });

  it("still says what it means when APIs refuse, and which did", async () => {
    aws.on("DescribeAlarmHistory", () => ({ error: "AccessDeniedException" }));
    aws.on("Query", () => ({ error: "ResourceNotFoundException" }));
    const text = await explain({ alarm: "node-behind" });
    assert.match(
      text,
      /What to do\n {2}\S[^]*cloudwatch:DescribeAlarmHistory: AccessDeniedException[^]*dynamodb:Query: ResourceNotFoundException/,
    );
  });

  it("fails for an alarm that does not exist, and lists those that do", async () => {
    await assert.rejects(explain({ alarm: "node-sad" }), /AlarmNotFound[^]*node-sad[^]*node-down, node-behind/);
  });
});
