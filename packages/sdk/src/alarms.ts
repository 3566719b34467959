import type { GroupMetricName, MetricName } from "./metrics.ts";
import type { ResolvedDrill, ResolvedHealth } from "./resolved.ts";

/** `page`: a person is woken. `warn`: somebody looks at it in working hours. */
export type Severity = "page" | "warn";

/** Names are permanent: they are parts of alarm names and anchors of the runbook. */
export type AlarmId =
  | "node-down"
  | "node-behind"
  | "node-stalled"
  | "node-forked"
  | "node-has-no-peers"
  | "tips-unavailable"
  | "tips-disagree"
  | "disk-nearly-full"
  | "disk-full-soon"
  | "clock-off"
  | "release-too-old";

/** One alarm that every node gets. Data, so that it can be created, drawn, replayed in tests and explained. */
export interface Alarm {
  readonly id: AlarmId;
  /** One line for the alarm's description and the message. */
  readonly title: string;
  readonly metric: MetricName;
  /** Over one period. There is one sample in each, so it only says what two samples in one period would mean. */
  readonly statistic: "Minimum" | "Maximum";
  readonly comparison: "LessThanThreshold" | "GreaterThanThreshold";
  /** `undefined`: a node with these health figures does not get the alarm. */
  threshold(health: ResolvedHealth): number | undefined;
  /** Seconds. 10 needs samples of high resolution, and costs $0.30 a month (2026-08, CloudWatch pricing). */
  readonly periodSec: 10 | 20 | 30;
  /** Bad periods (M) … */
  readonly datapointsToAlarm: number;
  /** … of the last periods (N). */
  readonly evaluationPeriods: number;
  /** What a period without a sample counts as. A liveness alarm says `breaching`: a dead agent publishes nothing. */
  readonly treatMissingData: "breaching" | "notBreaching";
  readonly severity: Severity;
  /** Why this threshold, and why missing data counts as it does. */
  readonly reason: string;
}

const threeOfThree = { periodSec: 10, datapointsToAlarm: 3, evaluationPeriods: 3 } as const;
const coveredByNodeDown = "A node that publishes nothing is node-down's, so that one fault gives one page.";

/** Every alarm of a node. */
export const alarms: readonly Alarm[] = [
  {
    id: "node-down",
    title: "The node does not answer its sync check, or its host publishes nothing",
    metric: "ProbeSuccess",
    statistic: "Maximum",
    comparison: "LessThanThreshold",
    threshold: () => 1,
    ...threeOfThree,
    treatMissingData: "breaching",
    severity: "page",
    reason: "The one liveness alarm: silence is a fault. Three samples, so that a single slow answer does not page.",
  },
  {
    id: "node-behind",
    title: "The node is further behind the chain's tip than its coin allows",
    metric: "BlocksBehind",
    statistic: "Minimum",
    comparison: "GreaterThanThreshold",
    threshold: (health) => (health.minimumTips === 0 ? undefined : health.maxBlocksBehind),
    ...threeOfThree,
    treatMissingData: "notBreaching",
    severity: "page",
    reason: `Lag behind independent tips is the fast signal; it does not page for a chain that is slow by chance. ${coveredByNodeDown}`,
  },
  {
    id: "node-stalled",
    title: "The node's best block is older than the chain's longest plausible silence",
    metric: "TipAgeSeconds",
    statistic: "Minimum",
    comparison: "GreaterThanThreshold",
    threshold: (health) => health.maxTipAgeSec,
    ...threeOfThree,
    treatMissingData: "notBreaching",
    severity: "page",
    reason: `The backstop for the case that no tip answers: one false alarm a year and chain at most. ${coveredByNodeDown}`,
  },
  {
    id: "node-forked",
    title: "The node has another block at a settled height than the quorum",
    metric: "ForkDetected",
    statistic: "Maximum",
    comparison: "GreaterThanThreshold",
    threshold: () => 0,
    ...threeOfThree,
    treatMissingData: "notBreaching",
    severity: "page",
    reason: `Two honest nodes never differ at that depth. ${coveredByNodeDown}`,
  },
  {
    id: "node-has-no-peers",
    title: "The node has fewer peers than it needs to hear of new blocks",
    metric: "Peers",
    statistic: "Maximum",
    comparison: "LessThanThreshold",
    threshold: (health) => (health.minimumPeers === 0 ? undefined : health.minimumPeers),
    ...threeOfThree,
    treatMissingData: "notBreaching",
    severity: "page",
    reason: `A node without peers believes its own headers and shows no lag. ${coveredByNodeDown}`,
  },
  {
    id: "tips-unavailable",
    title: "Fewer independent tips answer than the verdict needs",
    metric: "TipsAvailable",
    statistic: "Maximum",
    comparison: "LessThanThreshold",
    threshold: (health) => (health.minimumTips === 0 ? undefined : health.minimumTips),
    ...threeOfThree,
    treatMissingData: "notBreaching",
    severity: "warn",
    reason: `The node may be well; we are blind. The last verdict stands for a bounded time, so nobody is woken. ${coveredByNodeDown}`,
  },
  {
    id: "tips-disagree",
    title: "Independent tips differ by more than the lag threshold",
    metric: "TipsDisagree",
    statistic: "Maximum",
    comparison: "GreaterThanThreshold",
    threshold: (health) => (health.minimumTips === 0 ? undefined : 0),
    ...threeOfThree,
    treatMissingData: "notBreaching",
    severity: "warn",
    reason: `One reference lies or the chain has split; the median stands, a person should look. ${coveredByNodeDown}`,
  },
  {
    id: "disk-nearly-full",
    title: "The data volume is more than 90 % full",
    metric: "DataVolumeUsedPercent",
    statistic: "Maximum",
    comparison: "GreaterThanThreshold",
    threshold: () => 90,
    ...threeOfThree,
    treatMissingData: "notBreaching",
    severity: "page",
    reason: `It grows by itself at 80 %: above 90 % growing has failed. A full disk damages databases. ${coveredByNodeDown}`,
  },
  {
    id: "disk-full-soon",
    title: "The data volume is full within three days at the recent rate",
    metric: "DaysToFull",
    statistic: "Minimum",
    comparison: "LessThanThreshold",
    threshold: () => 3,
    ...threeOfThree,
    treatMissingData: "notBreaching",
    severity: "page",
    reason: `Three days are a long weekend. ${coveredByNodeDown}`,
  },
  {
    id: "clock-off",
    title: "The host's clock is wrong by more than 30 s",
    metric: "ClockOffsetSeconds",
    statistic: "Maximum",
    comparison: "GreaterThanThreshold",
    threshold: () => 30,
    ...threeOfThree,
    treatMissingData: "notBreaching",
    severity: "warn",
    reason: `The agent goes by AWS's clock meanwhile; daemons refuse blocks and peers by their own, most of them from 10 min on. ${coveredByNodeDown}`,
  },
  {
    id: "release-too-old",
    title: "The network leaves the running release behind within 14 days",
    metric: "DaysToFork",
    statistic: "Minimum",
    comparison: "LessThanThreshold",
    // Only where an upgrade is announced that the release does not follow.
    threshold: ({ leftBehindAtSec }) => (leftBehindAtSec === undefined ? undefined : 14),
    ...threeOfThree,
    treatMissingData: "notBreaching",
    severity: "page",
    reason: `From then on previews refuse the release; a fleet that nobody previews must hear of it too. ${coveredByNodeDown}`,
  },
];

/** Names are permanent, as those of {@link AlarmId} are. */
export type GroupAlarmId = "drill-overdue" | "copy-unproven";

/** One alarm of a group as a whole. */
export interface GroupAlarm extends Pick<
  Alarm,
  "title" | "statistic" | "comparison" | "datapointsToAlarm" | "evaluationPeriods" | "treatMissingData" | "severity" | "reason"
> {
  readonly id: GroupAlarmId;
  readonly metric: GroupMetricName;
  /** `undefined`: a group with these drills does not get the alarm. */
  threshold(drill: Pick<ResolvedDrill, "everyDays" | "copyTo">): number | undefined;
  /** Seconds. $0.10 a month (2026-08, CloudWatch pricing). */
  readonly periodSec: 86_400;
}

/** A drill that fails is tried again each day: a person hears of it when that has not helped. Days. */
const drillGraceDays = 7;

const drillSchedule = {
  statistic: "Minimum",
  comparison: "GreaterThanThreshold",
  periodSec: 86_400,
  datapointsToAlarm: 2,
  evaluationPeriods: 2,
  treatMissingData: "breaching",
  severity: "warn",
} as const;
const drillSilence = "Published daily: two days of silence mean that the schedule is gone.";

/** Every alarm of a group that has drills. */
export const groupAlarms: readonly GroupAlarm[] = [
  {
    id: "drill-overdue",
    title: "No snapshot of the group has proved itself for too long, or nobody runs the drills",
    metric: "DaysSinceDrill",
    threshold: ({ everyDays }) => everyDays + drillGraceDays,
    ...drillSchedule,
    reason: `A backup that nobody has started from is a hope. ${drillSilence}`,
  },
  {
    id: "copy-unproven",
    title: "No copy of the group's snapshots in the other region has proved itself for too long, or nobody runs the drills",
    metric: "DaysSinceCopyDrill",
    threshold: ({ everyDays, copyTo }) => (copyTo === undefined ? undefined : everyDays + drillGraceDays),
    ...drillSchedule,
    reason: `The copy is for the day on which the region and its snapshots are gone; its key is another one. ${drillSilence}`,
  },
];

/** Time between two samples of an agent, and the most that it takes for a sample to be counted. Seconds. */
const sampleSec = 10;
const ingestionSec = 10;

/** The longest time from the moment at which a fault can be observed to the alarm's state ALARM. Seconds. */
export function detectionSec(alarm: Alarm): number {
  return sampleSec + alarm.periodSec * alarm.evaluationPeriods + ingestionSec;
}

/** Where the runbook says what to do, relative to the repository. */
export function runbook(alarm: { readonly id: string }): string {
  return `docs/runbook.md#${alarm.id}`;
}
