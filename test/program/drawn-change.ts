import { readFileSync } from "node:fs";
import { tell, violations, type Court, type PlannedResource } from "@coinfleet/policy";

/** A resource as the engine's events show it. */
interface State {
  readonly type: string;
  readonly urn: string;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly inputs: Readonly<Record<string, unknown>>;
}

interface Step {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly old: State | null;
  readonly new: State | null;
  readonly diffs?: readonly string[] | null;
  readonly detailedDiff?: Readonly<Record<string, { readonly diffKind: string }>> | null;
}

/** Part of a drawn change: which resources, and what becomes of them. */
export interface Stroke {
  readonly type: string;
  readonly name?: RegExp;
  readonly op: "update" | "replace" | "delete" | "create" | "rename" | "options";
  /** Inputs or options that differ afterwards. For `create`: of the first that matches, under `as`. */
  readonly with?: (inputs: State["inputs"]) => Readonly<Record<string, unknown>>;
  readonly options?: { readonly protect?: boolean; readonly retainOnDelete?: boolean };
  /** New logical name. */
  readonly as?: (name: string) => string;
}

const recorded = (id: string): string => readFileSync(new URL(`../fixtures/previews/${id}.jsonl`, import.meta.url), "utf8");

/** A preview that the real engine has made, cut down to what a verdict looks at. `undefined`: none was recorded. */
export function recordedPreview(id: string): string | undefined {
  try {
    return recorded(id);
  } catch {
    return undefined;
  }
}

const nameOf = ({ urn }: { readonly urn: string }): string => urn.split("::").at(-1) ?? urn;

/** Every resource of the recorded stack that is up, as the engine showed it when nothing changed. */
function standing(): readonly Step[] {
  return recorded("nothing")
    .trim()
    .split("\n")
    .flatMap((line) => (JSON.parse(line) as { resourcePreEvent?: { metadata: Step } }).resourcePreEvent?.metadata ?? []);
}

/**
 * A preview drawn over the recorded stack: real resources, and steps in the shape that the engine gave them in recordings. The policy's real rules judge what
 * comes out. Not proven by it: that the engine would take these steps.
 */
export function drawnPreview(strokes: readonly Stroke[], court: Court): string {
  const steps = standing();
  const drawn = strokes.flatMap((stroke) => {
    const of = steps.filter((step) => step.type === stroke.type && (stroke.name?.test(nameOf(step)) ?? true));
    if (of.length === 0) throw new Error(`the recorded stack has no ${stroke.type} ${String(stroke.name)}`);
    return (stroke.op === "create" ? of.slice(0, 1) : of).flatMap((step) => draw(step, stroke));
  });
  const after = steps
    .filter((step) => !drawn.some((one) => one.urn === step.urn))
    .concat(drawn)
    .flatMap((step) => step.new ?? []);
  const judged = violations(after.map(planned).filter(isReadable), { ...court, moment: "preview" });
  const policies = judged.map((one) => ({
    policyEvent: {
      message: `The rule.\n${tell(one, court.stack.today)}`,
      policyName: one.isBlocking || one.exception === undefined ? one.rule : "exceptions",
      enforcementLevel: one.isBlocking ? "mandatory" : "advisory",
    },
  }));
  const events = [...drawn.map((metadata) => ({ resourcePreEvent: { metadata } })), ...policies, { summaryEvent: { resourceChanges: {} } }];
  return events.map((event) => JSON.stringify(event)).join("\n");
}

const planned = (state: State): PlannedResource => ({
  type: state.type,
  name: nameOf(state),
  inputs: state.inputs,
  protect: state.protect === true,
  retainOnDelete: undefined,
});

/** Values of parameters are secret in recordings. Where a stroke writes one, it is judged. */
const isReadable = ({ type, inputs }: PlannedResource): boolean =>
  type !== "aws:ssm/parameter:Parameter" || typeof inputs["value"] === "string";

function draw(step: Step, stroke: Stroke): readonly Step[] {
  const state = step.new;
  if (state === null) throw new Error(`${step.urn} has no state`);
  const changed = stroke.with?.(state.inputs) ?? {};
  const renamed = stroke.as === undefined ? state.urn : state.urn.replace(/::[^:]+$/, `::${stroke.as(nameOf(state))}`);
  const after: State = { ...state, ...stroke.options, urn: renamed, inputs: { ...state.inputs, ...changed } };
  const base = { urn: state.urn, type: state.type };
  const gone = { ...base, op: "delete", old: state, new: null };
  const made = { ...base, urn: renamed, op: "create", old: null, new: after };
  switch (stroke.op) {
    case "delete":
      return [gone];
    case "create":
      return [made];
    case "rename":
      return [made, gone];
    case "options":
      return [{ ...base, op: "same", old: state, new: after }];
    case "replace":
    case "update":
      return [
        {
          ...base,
          op: stroke.op,
          old: state,
          new: after,
          diffs: Object.keys(changed),
          detailedDiff: Object.fromEntries(
            Object.keys(changed).map((key) => [key, { diffKind: stroke.op === "replace" ? "update-replace" : "update" }]),
          ),
        },
      ];
  }
}
