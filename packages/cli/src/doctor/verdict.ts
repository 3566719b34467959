/** What there is to say of one thing that the project needs. */
export interface Verdict {
  readonly name: string;
  /** `unset`: not configured, and not needed for everything. */
  readonly state: "ok" | "missing" | "broken" | "unset";
  /** Where it was found, and which version. */
  readonly found?: string | undefined;
  /** What was looked at. */
  readonly tried: readonly string[];
  /** What to do. Empty when it is ok. */
  readonly todo: string;
}

/** One line for each verdict; what was tried and what to do below those that are not ok. */
export function renderVerdicts(verdicts: readonly Verdict[]): string {
  const width = Math.max(...verdicts.map(({ name }) => name.length));
  const lines = verdicts.flatMap(({ name, state, found, tried, todo }) => [
    `${state.padEnd(7)}  ${name.padEnd(width)}  ${found ?? ""}`.trimEnd(),
    ...(state === "ok" ? [] : [...tried.map((line) => `         tried  ${line}`), `         do     ${todo}`]),
  ]);
  return `${lines.join("\n")}\n`;
}
