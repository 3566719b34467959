import { alarms, groupAlarms, groupMetrics, metricNamespace, metrics } from "@coinfleet/sdk";
import { must, mustBe, type ResourceRule } from "../rule.ts";
import { elements, isText } from "../values.ts";

const liveness = [...alarms, ...groupAlarms].filter((alarm) => alarm.treatMissingData === "breaching");
const metricAlarm = ["aws:cloudwatch/metricAlarm:MetricAlarm"];

/** Alarms, logs and messages. */
export const observabilityRules: readonly ResourceRule[] = [
  {
    id: "log-group-bounded",
    severity: "medium",
    asks: "Log groups forget after a time, and are encrypted with the environment's key.",
    reason: "Logs that are kept for ever cost for ever, and hold addresses of customers' withdrawals.",
    standard: ["Security Hub CloudWatch.16"],
    types: ["aws:cloudwatch/logGroup:LogGroup"],
    check: ({ inputs }) => [
      ...must(inputs["retentionInDays"], (days) => Number(days) > 0, "it keeps logs for ever"),
      ...must(inputs["kmsKeyId"], isText, "it is not encrypted with our key"),
    ],
  },
  {
    id: "topic-encrypted",
    severity: "high",
    asks: "Topics are encrypted with the environment's key and refuse whoever comes without TLS.",
    reason: "Alarms tell an attacker which node is weak.",
    standard: ["Security Hub SNS.1", "NIST SP 800-53 SC-8"],
    types: ["aws:sns/topic:Topic"],
    check: ({ inputs }) => [
      ...must(inputs["kmsMasterKeyId"], isText, "it is not encrypted with our key"),
      ...must(inputs["policy"], (policy) => String(policy).includes('"aws:SecureTransport":"false"'), "it can be used without TLS"),
    ],
  },
  {
    id: "alarm-acts",
    severity: "critical",
    asks: "Every alarm is switched on and tells somebody; a liveness alarm takes silence for a fault.",
    reason: "An alarm that nobody hears is worse than none, because one relies on it.",
    standard: ["Security Hub CloudWatch.15", "Security Hub CloudWatch.17"],
    types: metricAlarm,
    check: ({ name, inputs }) => [
      ...mustBe(inputs["actionsEnabled"], true, "its actions are off"),
      ...must(inputs["alarmActions"], (actions) => elements(actions).length > 0, "it tells nobody"),
      ...must(
        inputs["treatMissingData"],
        (treat) => treat === "breaching" || !liveness.some(({ id }) => name.endsWith(`-${id}`)),
        "it takes silence for health",
      ),
    ],
  },
  {
    id: "alarm-metric-published",
    severity: "critical",
    asks: "An alarm on our metrics names one that the agents or the drills publish.",
    reason: "An alarm on a metric that nobody publishes never fires, or always.",
    standard: ["Coinfleet: one catalogue for metrics, alarms and dashboards"],
    types: metricAlarm,
    check: ({ inputs }) =>
      must(
        inputs["metricName"],
        (metric) => inputs["namespace"] !== metricNamespace || Object.hasOwn({ ...metrics, ...groupMetrics }, String(metric)),
        `nothing publishes ${String(inputs["metricName"])}`,
      ),
  },
  {
    id: "dashboard-metric-published",
    severity: "low",
    asks: "A dashboard draws metrics that the agents publish.",
    reason: "An empty graph looks like a quiet night.",
    standard: ["Coinfleet: one catalogue for metrics, alarms and dashboards"],
    types: ["aws:cloudwatch/dashboard:Dashboard"],
    check: ({ inputs }) =>
      must(inputs["dashboardBody"], (body) => unpublished(String(body)).length === 0, "it draws a metric that nothing publishes"),
  },
];

function unpublished(body: string): readonly string[] {
  const named = [...body.matchAll(new RegExp(`\\["${metricNamespace}","([^"]+)"`, "g"))].map(([, name = ""]) => name);
  return named.filter((name) => !Object.keys(metrics).includes(name));
}
