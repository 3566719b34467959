import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { alarms, detectionSec, groupAlarms } from "./alarms.ts";
import { filterPattern, logAlarms } from "./log-alarms.ts";
import { groupMetrics, metrics } from "./metrics.ts";
import type { ResolvedHealth } from "./resolved.ts";

const health: ResolvedHealth = {
  tips: [],
  minimumTips: 2,
  settledDepth: 6,
  blockIntervalSec: 150,
  maxBlocksBehind: 3,
  maxTipAgeSec: 1860,
  minimumPeers: 1,
};

describe("alarm catalogue", () => {
  it("tells of every fault within a minute", () => {
    for (const alarm of alarms) assert.ok(detectionSec(alarm) <= 60, `${alarm.id} takes ${detectionSec(alarm)} s`);
  });

  it("fails the minute when an alarm wants five periods of 10 s", () => {
    const [first] = alarms;
    assert.ok(first);
    assert.ok(detectionSec({ ...first, evaluationPeriods: 5 }) > 60);
  });

  it("has each id once, and never asks for more bad periods than it looks at", () => {
    assert.equal(new Set(alarms.map((alarm) => alarm.id)).size, alarms.length);
    for (const alarm of alarms) assert.ok(alarm.datapointsToAlarm <= alarm.evaluationPeriods);
  });

  it("names only metrics that an agent publishes", () => {
    for (const alarm of alarms) assert.ok(alarm.metric in metrics, alarm.metric);
  });

  it("names only metrics that drills publish", () => {
    for (const alarm of groupAlarms) assert.ok(alarm.metric in groupMetrics, alarm.metric);
  });

  it("takes silence for a fault exactly once, on a metric that a failed probe publishes too", () => {
    const breaching = alarms.filter((alarm) => alarm.treatMissingData === "breaching");
    assert.deepEqual(
      breaching.map((alarm) => alarm.id),
      ["node-down"],
    );
    assert.equal(metrics.ProbeSuccess.fromProbe, false);
  });

  it("gives a lone private node no alarm that it could never leave", () => {
    const alone = { ...health, minimumTips: 0, minimumPeers: 0 } as const;
    const ids = alarms.filter((alarm) => alarm.threshold(alone) === undefined).map((alarm) => alarm.id);
    assert.deepEqual(ids, ["node-behind", "node-has-no-peers", "tips-unavailable", "tips-disagree", "release-too-old"]);
  });

  it("rings for a release only where its network is about to leave it behind", () => {
    const alarm = alarms.find(({ id }) => id === "release-too-old");
    assert.equal(alarm?.threshold(health), undefined);
    assert.equal(alarm?.threshold({ ...health, leftBehindAtSec: 1_800_000_000 }), 14);
  });

  it("rings for unproven copies only where there are copies", () => {
    const thresholds = (drill: Parameters<(typeof groupAlarms)[number]["threshold"]>[0]): unknown =>
      groupAlarms.map((alarm) => [alarm.id, alarm.threshold(drill)]);
    const copyTo = { region: "eu-west-1", keepDays: 7 };
    assert.deepEqual(thresholds({ everyDays: 30, copyTo }), [
      ["drill-overdue", 37],
      ["copy-unproven", 37],
    ]);
    assert.deepEqual(thresholds({ everyDays: 30 }), [
      ["drill-overdue", 37],
      ["copy-unproven", undefined],
    ]);
  });

  it("has words of alarm that CloudWatch's filter patterns can say", () => {
    for (const alarm of logAlarms(undefined)) {
      for (const term of alarm.terms) assert.match(term, /^[^"\\]{6,}$/);
      assert.match(filterPattern(alarm), /^(\?"[^"]+" ?)+$/);
      assert.ok(filterPattern(alarm).length <= 1024);
    }
  });

  it("has a section of the runbook for each", () => {
    const text = readFileSync(new URL("../../../docs/runbook.md", import.meta.url), "utf8");
    const own = { title: "its own", terms: ["words"], severity: "page" } as const;
    for (const alarm of [...alarms, ...groupAlarms, ...logAlarms(own)]) assert.match(text, new RegExp(`^## ${alarm.id}$`, "m"));
  });
});
