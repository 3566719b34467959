import { alarms, groupAlarms } from "@coinfleet/sdk";
import { at, elements } from "@coinfleet/policy";
import type { Change, ResourceState } from "./engine-events.ts";
import type { Note } from "./note.ts";
import { count, groupOf, list, nodeOf, outsideName, type } from "./subject.ts";

const catalogue = [...alarms, ...groupAlarms];

const isLiveness = (state: ResourceState | undefined): boolean => state?.inputs["treatMissingData"] === "breaching";

const titleOf = (change: Change): string => {
  const name = outsideName(change.new) ?? outsideName(change.old) ?? change.name;
  const node = nodeOf(change);
  const own = node === undefined ? undefined : name.split(`-${node}-`)[1];
  return catalogue.map(({ id }) => id).find((id) => name.endsWith(`-${id}`)) ?? own ?? name;
};

/** Alarms that come, go, or hear less. An alarm that goes with its node is told with the node. */
export function alarmNotes(changes: readonly Change[], groups: readonly string[], goneNodes: ReadonlySet<string>): readonly Note[] {
  const of = changes.filter((change) => change.type === type.alarm);
  const stays = new Set(of.filter(({ op }) => op !== "delete").map((change) => outsideName(change.new)));
  const removed = of.filter(({ op }) => op === "delete");
  const renamed = removed.filter((change) => stays.has(outsideName(change.old)));
  const lost = removed.filter((change) => !renamed.includes(change) && !goneNodes.has(nodeOf(change) ?? ""));
  const looser = of.filter(({ op }) => op === "update" || op === "replace").map((change) => ({ change, how: loosened(change) }));
  return [
    ...perTitle(renamed, groups, (one, names) => ({
      level: "blocked",
      text: `${one} of ${names} is renamed in the program without an alias: the engine would make it and then delete it, so that it is gone: **blocked**`,
    })),
    ...perTitle(lost, groups, (one, names, changed) => ({
      level: changed.some(({ old }) => isLiveness(old)) ? "blocked" : "care",
      text: `alarm ${one} of ${names} is removed${changed.some(({ old }) => isLiveness(old)) ? ": nobody would hear that it is silent: **blocked**" : ""}`,
    })),
    ...perTitle(
      looser.filter(({ how }) => how.length > 0).map(({ change }) => change),
      groups,
      (one, names, changed) => {
        const deaf = changed.some((change) => isLiveness(change.old) && !isLiveness(change.new));
        const [first] = changed;
        const how = first === undefined ? "" : loosened(first).join(", ");
        return { level: deaf ? "blocked" : "care", text: `alarm ${one} of ${names} is loosened: ${how}${deaf ? ": **blocked**" : ""}` };
      },
    ),
    ...perTitle(
      looser.filter(({ how }) => how.length === 0).map(({ change }) => change),
      groups,
      (one, names) => ({ level: "safe", text: `alarm ${one} of ${names} changes and hears no less` }),
    ),
    ...added(
      of.filter((change) => change.op === "create" && !renamed.some(({ old }) => outsideName(old) === outsideName(change.new))),
      groups,
    ),
  ];
}

function added(created: readonly Change[], groups: readonly string[]): readonly Note[] {
  const byGroup = Map.groupBy(created, (change) => groupOf(change, groups));
  return [...byGroup].map(([group, of]) => ({
    level: "safe",
    topic: "alarms",
    group,
    text: `${count(of.length, "alarm")} added (${list([...new Set(of.map(titleOf))].sort(), 9)})`,
  }));
}

function perTitle(
  changes: readonly Change[],
  groups: readonly string[],
  say: (title: string, nodes: string, changes: readonly Change[]) => Pick<Note, "level" | "text">,
): readonly Note[] {
  const by = Map.groupBy(changes, (change) => `${groupOf(change, groups) ?? ""} ${titleOf(change)}`);
  return [...by.values()].flatMap((of) => {
    const [first] = of;
    if (first === undefined) return [];
    const nodes = list([...new Set(of.map((change) => nodeOf(change) ?? change.name))].sort(), 4);
    return [{ topic: "alarms" as const, group: groupOf(first, groups), ...say(titleOf(first), nodes, of) }];
  });
}

/** In what ways an alarm would hear less than before. What cannot be compared counts as less. */
function loosened({ old, new: wanted }: Change): readonly string[] {
  if (old === undefined || wanted === undefined) return [];
  const [before, after] = [old.inputs, wanted.inputs];
  const number = (inputs: ResourceState["inputs"], key: string): number => Number(inputs[key] ?? 0);
  const rises = before["comparisonOperator"] === "GreaterThanThreshold" || before["comparisonOperator"] === "GreaterThanOrEqualToThreshold";
  const [from, to] = [number(before, "threshold"), number(after, "threshold")];
  const later = (key: string, what: string): readonly string[] =>
    number(after, key) > number(before, key) ? [`${what} ${number(before, key)} → ${number(after, key)}`] : [];
  const differs = (key: string): readonly string[] =>
    before[key] === after[key] ? [] : [`${key} ${String(before[key])} → ${String(after[key])}`];
  return [
    ...(from !== to && (rises ? to > from : to < from) ? [`threshold ${from} → ${to}`] : []),
    ...later("period", "period (s)"),
    ...later("datapointsToAlarm", "bad samples needed"),
    ...later("evaluationPeriods", "samples looked at"),
    ...(isLiveness(old) && !isLiveness(wanted) ? ["silence no longer counts as a fault"] : []),
    ...(before["actionsEnabled"] !== false && after["actionsEnabled"] === false ? ["its actions are switched off"] : []),
    ...(elements(after["alarmActions"]).length < elements(before["alarmActions"]).length ? ["fewer people hear it"] : []),
    ...["metricName", "namespace", "comparisonOperator", "statistic"].flatMap(differs),
    ...(JSON.stringify(at(before, "dimensions")) === JSON.stringify(at(after, "dimensions")) ? [] : ["it watches another node"]),
  ];
}
