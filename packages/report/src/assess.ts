import type { StackConfig } from "@coinfleet/config";
import type { ResolvedFleet } from "@coinfleet/sdk";
import { accessNotes } from "./access.ts";
import { alarmNotes } from "./alarms.ts";
import { costOf, type Cost, type Prices } from "./cost.ts";
import { readEngineEvents, type Change, type EngineError, type PolicyMessage, type Preview } from "./engine-events.ts";
import { isKeeper, keeperNotes } from "./keepers.ts";
import { topics, worst, type Note } from "./note.ts";
import { otherNotes } from "./others.ts";
import { goneNodes, rolloutNotes } from "./rollout.ts";
import { groupOf, list } from "./subject.ts";

/** What an environment's change comes to. */
export type Verdict = "no change" | "safe" | "needs care" | "blocked";

/** One environment: what the engine says it would become, and what that means. */
export interface Assessment {
  readonly environment: string;
  readonly verdict: Verdict;
  /** Most serious first. */
  readonly notes: readonly Note[];
  /** What the stack file or the pack warns of without stopping anything: forks, exceptions. */
  readonly warnings: readonly string[];
  readonly exceptions: readonly string[];
  readonly changes: readonly Change[];
  /** The engine came to the end. Where it did not, `changes` is a part of what would happen. */
  readonly isWhole: boolean;
  /** `undefined`: no price list, or a preview that is not whole. */
  readonly cost: Cost | undefined;
}

/** What {@link assess} is given. */
export interface Evidence {
  readonly environment: string;
  /** The engine's event log of the preview. */
  readonly events: string;
  /** The stack file as it shall be. `undefined`: it cannot be read, and the engine has said why. */
  readonly config: StackConfig | undefined;
  /** `undefined`: no price list. */
  readonly prices: Prices | undefined;
}

/** Judges what the engine says that a change would do. What nothing here knows to be harmless wants care; a preview that failed is never safe. */
export function assess({ environment, events, config, prices }: Evidence): Assessment {
  const preview = readEngineEvents(events);
  const fleet = config?.fleet ?? { environment, groups: [] };
  const groups = groupsOf(fleet, preview.changes);
  const isWhole = preview.isComplete && preview.errors.length === 0;
  const notes = [
    ...failures(preview),
    ...broken(preview.policies.filter(({ isMandatory }) => isMandatory)),
    ...keeperNotes(preview.changes, preview.unchanged, groups),
    ...rolloutNotes(preview.changes, fleet, groups),
    ...alarmNotes(preview.changes, groups, goneNodes(preview.changes)),
    ...accessNotes(preview.changes, groups),
    ...otherNotes(preview.changes, groups),
  ].sort(inOrder);
  const told = preview.policies.filter(({ isMandatory }) => !isMandatory);
  const warnings = (config?.warnings ?? []).map(({ path, got, fix }) => `${path}: ${got ?? ""} is too old. ${fix}`);
  return {
    environment,
    verdict: verdictOf(notes, preview.changes),
    notes,
    warnings: [...warnings, ...told.filter(({ rule }) => rule !== "exceptions" && !rule.startsWith("release-follows-forks")).map(line)],
    exceptions: told.filter(({ rule }) => rule === "exceptions").map(({ message }) => message),
    changes: preview.changes,
    isWhole,
    cost: prices === undefined || !isWhole ? undefined : costOf(preview, prices, groups),
  };
}

/** Those of the stack file, and those that leave it. */
function groupsOf(fleet: ResolvedFleet, changes: readonly Change[]): readonly string[] {
  const tagged = changes.flatMap((change) => groupOf(change, []) ?? []);
  return [...new Set([...fleet.groups.map(({ name }) => name), ...tagged])];
}

const ranks = { blocked: 0, care: 1, safe: 2 } as const;

/** The worst first; the same for the same preview, in whatever order the engine came to it. */
function inOrder(one: Note, other: Note): number {
  return (
    ranks[one.level] - ranks[other.level] ||
    topics.indexOf(one.topic) - topics.indexOf(other.topic) ||
    (one.group ?? "").localeCompare(other.group ?? "") ||
    one.text.localeCompare(other.text, undefined, { numeric: true })
  );
}

/** Components and providers change with what is in them. */
const isReal = ({ type }: Change): boolean => !type.startsWith("coinfleet:") && !type.startsWith("pulumi:");

function verdictOf(notes: readonly Note[], changes: readonly Change[]): Verdict {
  const level = worst(notes.map((note) => note.level));
  if (level === "blocked") return "blocked";
  if (level === "care") return "needs care";
  return changes.some(isReal) ? "safe" : "no change";
}

const line = ({ rule, message }: PolicyMessage): string => `${rule}: ${message}`;

/** Without its full stop: more follows. */
const sentence = (text: string): string => text.replace(/\.$/, "");

/** What the pack refuses: the same thing of many resources is said once. */
function broken(policies: readonly PolicyMessage[]): readonly Note[] {
  const by = Map.groupBy(policies, ({ rule, message }) => `${rule}: ${message.replace(/^[^:]*: /, "")}`);
  return [...by].map(([what, of]): Note => {
    const resources = of.map(({ message }) => message.split(": ")[0] ?? message);
    const text = of.length > 1 ? `${sentence(what)} (${list(resources.sort(), 4)})` : sentence(of.map(line).join(""));
    return { level: "blocked", topic: "policy", group: undefined, text: `${text}: **blocked**` };
  });
}

function failures({ errors, changes, isComplete, policies }: Preview): readonly Note[] {
  const blocked = (text: string): Note => ({
    level: "blocked",
    topic: "keepers",
    group: undefined,
    text: `${sentence(text)}: **blocked**`,
  });
  // What would be lost is told as that.
  const isLoss = ({ name, isProtected }: EngineError): boolean => isProtected && changes.some((one) => one.name === name && isKeeper(one));
  const told = errors.filter((error) => !isLoss(error));
  if (errors.length > 0) return told.map(({ message }) => blocked(message.slice(0, 600)));
  return isComplete || policies.length > 0 ? [] : [blocked("the preview did not come to its end: nothing is known of it")];
}
