import { existsSync, writeFileSync } from "node:fs";

type State = Readonly<Record<string, unknown>> | null | undefined;

interface EngineEvent {
  readonly resourcePreEvent?: {
    readonly metadata: Readonly<Record<string, unknown>> & { readonly op: string; readonly old?: State; readonly new?: State };
  };
  readonly policyEvent?: unknown;
  readonly diagnosticEvent?: { readonly severity: string };
  readonly summaryEvent?: unknown;
}

const pick = (from: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]])));
const stateOf = (state: State): unknown => (state ? pick(state, ["type", "urn", "protect", "retainOnDelete", "inputs"]) : null);

/** Of the machine that recorded, and of no other. */
const socket = /unix:\/\/\/[^"\\]*\/docker\.sock/g;
// A policy is read whole: what is cut short cannot be judged.
const longest = 12_000;
const shortened = (_: string, value: unknown): unknown =>
  typeof value === "string" && value.length > longest ? `${value.slice(0, 100)}… (${value.length} characters)` : value;

/**
 * Keeps an event log for the tests that have no engine, cut down to what a verdict looks at. Only where one is kept already, and with `UPDATE_GOLDEN=1`.
 * What stays the same is kept of the preview of no change alone.
 */
export function recordPreview(id: string, events: string): void {
  const file = new URL(`../fixtures/previews/${id}.jsonl`, import.meta.url);
  if (process.env["UPDATE_GOLDEN"] !== "1" || !existsSync(file)) return;
  const kept = events
    .replaceAll(socket, "unix:///var/run/docker.sock")
    .split("\n")
    .filter((line) => line !== "")
    .flatMap((line): readonly object[] => {
      const { resourcePreEvent, policyEvent, diagnosticEvent, summaryEvent } = JSON.parse(line) as EngineEvent;
      if (resourcePreEvent !== undefined) {
        const { metadata } = resourcePreEvent;
        if (metadata.op === "same" && id !== "nothing") return [];
        const step = pick(metadata, ["op", "urn", "type", "diffs", "detailedDiff"]);
        return [{ resourcePreEvent: { metadata: { ...step, old: stateOf(metadata.old), new: stateOf(metadata.new) } } }];
      }
      if (policyEvent !== undefined) return [{ policyEvent }];
      if (diagnosticEvent?.severity === "error") return [{ diagnosticEvent }];
      return summaryEvent === undefined ? [] : [{ summaryEvent }];
    });
  writeFileSync(file, kept.map((event) => `${JSON.stringify(event, shortened)}\n`).join(""));
}
