import type { AlarmStory, Explanation } from "./read-explanation.ts";

const time = (at: Date): string => `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;

function renderStory({ node, environment, state, reason, changes, hold, actions }: AlarmStory): readonly string[] {
  return [
    `  ${node} of ${environment}: ${state}. ${reason}`,
    ...(hold === undefined ? [] : [`    held by ${hold.by} since ${time(new Date(hold.sinceMs))}: ${hold.reason}`]),
    ...changes.map(({ at, what }) => `    ${time(at)}  ${what}`),
    ...actions.map(({ atMs, kind, by, why }) => `    ${time(new Date(atMs))}  ${kind} by ${by}: ${why}`),
  ];
}

/** An explanation for a terminal. */
export function renderExplanation({ alarm, runbook, stories, problems }: Explanation): string {
  const { id, severity, title, metric, comparison, datapointsToAlarm, evaluationPeriods, periodSec, treatMissingData, reason } = alarm;
  const compared = comparison === "LessThanThreshold" ? "below" : "above";
  const silence = treatMissingData === "breaching" ? "Silence counts as a fault." : "Silence does not count.";
  return [
    `${id} (${severity}): ${title}.`,
    "",
    "What it means",
    `  ${metric} is ${compared} the coin's threshold in ${datapointsToAlarm} of ${evaluationPeriods} periods of ${periodSec} s. ${silence}`,
    `  ${reason}`,
    "",
    "What has happened",
    ...(stories.length === 0 ? ["  No node has this alarm now. To see the past of one: --node <node>"] : stories.flatMap(renderStory)),
    "",
    "What to do",
    ...runbook.split("\n").map((line) => (line === "" ? "" : `  ${line}`)),
    ...problems.flatMap((problem) => ["", problem]),
    "",
  ].join("\n");
}
