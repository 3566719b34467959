import { closest, distance } from "fastest-levenshtein";

/** An entry of the error catalogue. Names are permanent: people search for them. */
export interface ErrorData {
  readonly name: string;
  /** One sentence that ends in a full stop. */
  readonly title: string;
  /** What to do, where nothing more exact can be said. */
  readonly hint: string;
}

/** A mistake in a stack file: what, where, got, allowed, fix. Collected, never thrown one by one. */
export interface Problem {
  readonly name: string;
  readonly title: string;
  /** Key path in the stack file. @example "coinfleet:fleet.nodes.litecoin.network" */
  readonly path: string;
  /** What stands there, as text. Absent: nothing does. */
  readonly got?: string;
  /** What may stand there. */
  readonly allowed?: readonly string[];
  readonly fix: string;
}

/** What {@link problem} is told beyond the catalogue's entry. */
export interface ProblemDetails {
  readonly path: string;
  readonly got?: unknown;
  readonly allowed?: readonly string[];
  /** @default - "Did you mean …?" where something allowed is near, else the catalogue's hint */
  readonly fix?: string;
}

/** Makes a problem of a catalogue entry. Looks for what was probably meant. */
export function problem(error: ErrorData, details: ProblemDetails): Problem {
  const got = details.got === undefined ? undefined : showValue(details.got);
  const meant = typeof details.got === "string" ? nearest(details.got, details.allowed ?? []) : undefined;
  return {
    name: error.name,
    title: error.title,
    path: details.path,
    ...(got === undefined ? {} : { got }),
    ...(details.allowed === undefined ? {} : { allowed: details.allowed }),
    fix: details.fix ?? (meant === undefined ? error.hint : `Did you mean "${meant}"?`),
  };
}

/** The allowed word that a mistyped one is near to: at most a third of its letters differ. */
export function nearest(word: string, allowed: readonly string[]): string | undefined {
  if (allowed.length === 0) return undefined;
  const lower = word.toLowerCase();
  const best = closest(lower, [...allowed]);
  return distance(lower, best.toLowerCase()) <= Math.max(1, Math.floor(best.length / 3)) ? best : undefined;
}

/** One problem as a block of text. `file` is the stack file. */
export function renderProblem(file: string, one: Problem): string {
  const lines = [`${one.name}: ${one.title}`, `  where    ${file} → ${one.path}`];
  if (one.got !== undefined) lines.push(`  got      ${one.got}`);
  if (one.allowed !== undefined) lines.push(`  allowed  ${one.allowed.length === 0 ? "nothing" : one.allowed.join(", ")}`);
  lines.push(`  fix      ${one.fix} Nothing has been changed.`);
  return lines.join("\n");
}

/** All problems of a stack file, with their number. */
export function renderProblems(file: string, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return [`${count} in ${file}:`, ...problems.map((one) => renderProblem(file, one))].join("\n\n");
}

const longestShown = 120;

function showValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= longestShown ? text : `${text.slice(0, longestShown)}… (${text.length} characters)`;
}
