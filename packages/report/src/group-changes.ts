import { at, documentOf } from "@coinfleet/policy";
import type { Change } from "./engine-events.ts";
import type { Level, Note, Topic } from "./note.ts";
import { nodeOf, type } from "./subject.ts";

/** A note before its group. */
export type Said = Pick<Note, "level" | "text" | "topic">;
export const say = (level: Level, topic: Topic, text: string): readonly Said[] => [{ level, topic, text }];

/** Names of the nodes that changes are about. */
export const nodes = (changes: readonly Change[]): readonly string[] =>
  [...new Set(changes.map((change) => nodeOf(change) ?? change.name))].sort();
export const inTurn = (changes: readonly Change[]): string => (nodes(changes).length > 1 ? ", one after the other" : "");

/** What the gate of a node was told, before and after. */
export function told(gate: Change, side: "old" | "new", ...path: readonly string[]): unknown {
  return at(documentOf(gate[side]?.inputs["stdin"]), ...path);
}

/** The longest of a setting of the gates, in minutes. */
function longestMin(of: readonly Change[], setting: string): number | undefined {
  const seconds = of
    .filter((change) => change.type === type.command && change.name.endsWith("-gate"))
    .map((gate) => Number(told(gate, "old", setting) ?? told(gate, "new", setting)))
    .filter((number) => number > 0);
  return seconds.length === 0 ? undefined : Math.ceil(Math.max(...seconds) / 60);
}

/** How long a node of the group takes to stop. */
export function stopTime(of: readonly Change[]): string {
  const minutes = longestMin(of, "stopTimeoutSec");
  return minutes === undefined ? "within its own stop time" : `within ${minutes} min`;
}

/** What happens to the others when a node does not come back. */
export function comesBack(of: readonly Change[]): string {
  const minutes = longestMin(of, "timeoutSec");
  return minutes === undefined ? "" : ` and is well again within ${minutes} min, or the rest of the group is left alone`;
}

/** The gates of a group that run again. */
export const gatesOf = (of: readonly Change[]): readonly Change[] =>
  of.filter(({ type: kind, name, op }) => kind === type.command && name.endsWith("-gate") && (op === "replace" || op === "update"));

/** The parameters of a role that get another value. */
export const updatedOf = (of: readonly Change[], role: string): readonly Change[] =>
  of.filter(
    ({ type: kind, name, op, keys }) =>
      kind === type.parameter && name.endsWith(`-parameters-${role}`) && op === "update" && !keys.every((key) => key.startsWith("tags")),
  );
