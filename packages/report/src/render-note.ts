import { at, credentialsIn, isUnknown, textOf, withoutStandIns } from "@coinfleet/policy";
import type { Assessment } from "./assess.ts";
import { notCounted, type Cost, type Prices } from "./cost.ts";
import type { Change } from "./engine-events.ts";
import type { Note, Topic } from "./note.ts";
import { count, list } from "./subject.ts";

/** By this line a note is found again and updated in place. */
export const noteMarker = "<!-- coinfleet-report -->";

/** The smaller of the two limits: GitHub takes 65,536 characters, GitLab a million. */
const mostCharacters = 60_000;
const mostPerSection = 40;

/** The note on a merge request: verdicts first, then each environment in words, the engine's own diff folded below. */
export function renderNote(assessments: readonly Assessment[], prices: Prices | undefined): string {
  const verdicts = assessments.length === 0 ? ["- no environment is made of what changes"] : assessments.map(headline).map(clean);
  const head = [noteMarker, "## What this change does", "", ...verdicts, ""];
  const bodies = assessments.map((one) => environment(one, prices));
  const text = [...head, ...bodies.map((body) => body.words)].join("\n");
  const room = mostCharacters - text.length - 200 * assessments.length;
  const each = Math.floor(room / Math.max(1, bodies.length));
  return fit([text, ...bodies.map((body) => folded(body.diff, each))].filter((part) => part !== "").join("\n"));
}

function fit(text: string): string {
  if (text.length <= mostCharacters) return `${text.trimEnd()}\n`;
  return `${text.slice(0, text.lastIndexOf("\n", mostCharacters))}\n\nThe note is cut here: it has ${text.length} characters and may have ${mostCharacters}.\n`;
}

function headline({ environment: name, verdict, notes }: Assessment): string {
  const because = notes.filter(({ level }) => level === (verdict === "blocked" ? "blocked" : "care"));
  const why = because
    .slice(0, 3)
    .map(({ group, text }) => `${group === undefined ? "" : `${group}: `}${text.replace(/: \*\*blocked\*\*$/, "")}`);
  const more = because.length > 3 ? ` …and ${because.length - 3} more` : "";
  return `- **${name}: ${verdict}**${why.length === 0 ? "" : `: ${why.join("; ")}${more}`}`;
}

const titles: Readonly<Record<Exclude<Topic, "keepers" | "hosts" | "release">, string>> = {
  policy: "Policy",
  alarms: "Alarms",
  access: "Who may reach what, and do what",
  other: "Other resources",
};

function environment(one: Assessment, prices: Prices | undefined): { readonly words: string; readonly diff: readonly string[] } {
  if (one.verdict === "no change" && one.exceptions.length + one.warnings.length === 0) return { words: "", diff: [] };
  const coins = one.notes.filter(({ topic }) => topic === "keepers" || topic === "hosts" || topic === "release");
  const of = (topic: Topic): readonly Note[] => one.notes.filter((note) => note.topic === topic);
  const words = [
    `### ${one.environment}`,
    "",
    ...bullets(coins),
    ...(one.isWhole ? [] : ["The engine stopped there. What else would change is not known.", ""]),
    ...(["policy", "alarms", "access", "other"] as const).flatMap((topic) => section(titles[topic], bullets(of(topic)))),
    ...section("Cost", one.verdict === "no change" || one.cost === undefined || prices === undefined ? [] : costLines(one.cost, prices)),
    ...section(
      "Warnings",
      one.warnings.map((text) => `- ${text}`),
    ),
    ...section("Exceptions in force", exceptionLines(one.exceptions)),
  ].join("\n");
  return {
    words: clean(words),
    diff: one.changes
      .filter((change) => !change.type.startsWith("coinfleet:"))
      .toSorted((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }))
      .map(diffLine)
      .map(clean),
  };
}

const section = (title: string, lines: readonly string[]): readonly string[] => (lines.length === 0 ? [] : [`**${title}**`, "", ...lines]);

/** Notes by group, the worst first; the same thing of many groups is said once. */
function bullets(notes: readonly Note[]): readonly string[] {
  const byText = Map.groupBy(notes, ({ text }) => text);
  const lines = [...byText].map(([text, of]) => {
    const groups = of.flatMap(({ group }) => group ?? []);
    return `- ${groups.length === 0 ? "" : `**${list([...new Set(groups)], 4)}**: `}${text}`;
  });
  const shown = lines.slice(0, mostPerSection);
  return [
    ...shown,
    ...(lines.length > shown.length ? [`- …and ${lines.length - shown.length} more, below`] : []),
    ...(lines.length > 0 ? [""] : []),
  ];
}

/** One line per rule, so that an exception for a hundred volumes is one line. */
function exceptionLines(exceptions: readonly string[]): readonly string[] {
  const byReason = Map.groupBy(exceptions, (text) => text.replace(/: [^:]+: /, ": "));
  const lines = [...byReason].map(([text, of]) => `- ${of.length > 1 ? `${text} (${of.length} resources)` : (of[0] ?? "")}`);
  return lines.length === 0 ? [] : [...lines, ""];
}

const dollars = (usd: number): string => `${usd < 0 ? "−" : "+"}$${Math.abs(usd).toFixed(2)}`;

function costLines({ lines, totalUsd, unknown }: Cost, { region, instances, gp3, services }: Prices): readonly string[] {
  const difference = lines.reduce((sum, { usd }) => sum + usd, 0);
  const nameOf = (group: string | undefined): string => (group === undefined ? "shared by all" : `**${group}**`);
  const total = `the environment then costs $${totalUsd.toFixed(2)} a month`;
  const [first, second] = lines;
  const shown = lines.toSorted((one, other) => Math.abs(other.usd) - Math.abs(one.usd)).slice(0, mostPerSection);
  return [
    ...(second === undefined ? [] : shown.map(({ group, usd }) => `- ${nameOf(group)}: ${dollars(usd)} a month`)),
    ...(lines.length > shown.length ? [`- …and ${lines.length - shown.length} more, smaller ones`] : []),
    first === undefined
      ? `- no difference: ${total.replace("then ", "")}`
      : `- ${second === undefined ? nameOf(first.group) : "together"}: ${dollars(difference)} a month; ${total}`,
    ...(unknown.length === 0 ? [] : [`- no price is known for ${list(unknown)}, which is in none of these sums`]),
    `- list prices of ${region} whatever the region (instances ${instances.asOf}, volumes ${gp3.asOf}, services ${services.asOf}); not counted: ${notCounted}`,
    "",
  ];
}

const signs: Readonly<Record<Change["op"], string>> = { create: "+", delete: "-", update: "~", replace: "±", import: "=", other: "?" };

function diffLine({ op, type, name, keys, old, new: wanted }: Change): string {
  const shown =
    op === "update" || op === "replace"
      ? keys
          .filter((key) => old?.inputs[key] !== undefined || wanted?.inputs[key] !== undefined)
          .slice(0, 6)
          .map((key) => `${key}: ${short(old?.inputs[key])} → ${short(wanted?.inputs[key])}`)
      : [];
  return `${signs[op]} ${type.split(":").at(-1)} ${name}${shown.length === 0 ? "" : ` {${shown.join(", ")}}`}`;
}

function short(value: unknown): string {
  if (value === undefined) return "none";
  if (isUnknown(value)) return "(known later)";
  if (isSecret(value)) return "[secret]";
  const text = withoutStandIns(textOf(value));
  return text.length <= 80 ? text : `${text.slice(0, 60)}… (${text.length} characters)`;
}

/** How the engine marks a secret, whose text it leaves out of its events. */
const isSecret = (value: unknown): boolean => at(value, "4dabf18193072939515e22adb298388d") !== undefined;

/** The engine hides what it knows to be secret; this hides what only looks so. */
function clean(text: string): string {
  return text
    .split("\n")
    .map((line) =>
      credentialsIn(line).length > 0 ? `${line.split(/[ :]/).slice(0, 3).join(" ")} [hidden: it looks like a credential]` : line,
    )
    .join("\n");
}

function folded(lines: readonly string[], room: number): string {
  if (lines.length === 0) return "";
  let used = 0;
  const kept = lines.filter((line) => (used += line.length + 1) <= room);
  const rest = lines.length - kept.length;
  return [
    "<details>",
    `<summary>${count(lines.length, "resource")}, as the engine lists them</summary>`,
    "",
    "```diff",
    ...kept,
    "```",
    ...(rest > 0 ? [`${rest} more are not shown.`] : []),
    "",
    "</details>",
    "",
  ].join("\n");
}
