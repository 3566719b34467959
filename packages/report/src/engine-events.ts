import { z } from "zod";

const values = z.record(z.string(), z.unknown());

const state = z.object({
  type: z.string(),
  urn: z.string(),
  id: z.string().optional(),
  parent: z.string().optional(),
  protect: z.boolean().optional(),
  retainOnDelete: z.boolean().optional(),
  inputs: values.nullish().transform((inputs) => inputs ?? {}),
});

/** A resource before or after a change, with the engine's mark in the place of secrets. */
export type ResourceState = z.infer<typeof state>;

const metadata = z.object({
  op: z.string(),
  urn: z.string(),
  type: z.string(),
  old: state.nullish(),
  new: state.nullish(),
  diffs: z.array(z.string()).nullish(),
  detailedDiff: z.record(z.string(), z.object({ diffKind: z.string() })).nullish(),
});

const event = z.object({
  resourcePreEvent: z.object({ metadata }).optional(),
  policyEvent: z
    .object({ resourceUrn: z.string().optional(), message: z.string(), policyName: z.string(), enforcementLevel: z.string() })
    .optional(),
  diagnosticEvent: z.object({ urn: z.string().optional(), message: z.string(), severity: z.string() }).optional(),
  summaryEvent: z.object({ resourceChanges: z.record(z.string(), z.number()) }).optional(),
});

/** What happens to a resource. A replacement is one change here and three steps of the engine's. */
type Operation = "create" | "update" | "replace" | "delete" | "import" | "other";

/** One resource that will change. */
export interface Change {
  readonly op: Operation;
  readonly type: string;
  /** Logical name. */
  readonly name: string;
  readonly old: ResourceState | undefined;
  readonly new: ResourceState | undefined;
  /** Inputs that differ. */
  readonly keys: readonly string[];
  /** Those of them that force a replacement. */
  readonly replaceKeys: readonly string[];
}

/** What the policy pack has said. */
export interface PolicyMessage {
  readonly rule: string;
  readonly isMandatory: boolean;
  /** Without the rule's own text. */
  readonly message: string;
}

/** Something that the engine refuses. */
export interface EngineError {
  /** Logical name; `undefined`: the program as a whole. */
  readonly name: string | undefined;
  readonly message: string;
  /** It would delete what is protected. */
  readonly isProtected: boolean;
}

/** What the engine says that one stack would become. */
export interface Preview {
  readonly changes: readonly Change[];
  /** Resources whose inputs stay. Their options may differ. */
  readonly unchanged: readonly Change[];
  readonly policies: readonly PolicyMessage[];
  readonly errors: readonly EngineError[];
  /** It came to its end. One that did not proves nothing. */
  readonly isComplete: boolean;
}

const operations: Readonly<Record<string, Operation>> = {
  create: "create",
  update: "update",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
  delete: "delete",
  discard: "delete",
  import: "import",
  "import-replacement": "import",
};

/** Steps that change nothing that anybody could lose. */
const quiet: ReadonlySet<string> = new Set(["same", "read", "refresh"]);

/** Reads the engine's event log: one JSON object a line (`pulumi preview --event-log`). */
export function readEngineEvents(text: string): Preview {
  const events = text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => event.parse(JSON.parse(line)));
  const steps = events.flatMap(({ resourcePreEvent }) => (resourcePreEvent === undefined ? [] : [resourcePreEvent.metadata]));
  const errors = events.flatMap(({ diagnosticEvent }) =>
    diagnosticEvent === undefined || diagnosticEvent.severity !== "error" ? [] : errorsOf(diagnosticEvent),
  );
  return {
    changes: changesOf(steps.filter(({ op }) => !quiet.has(op))),
    unchanged: changesOf(steps.filter(({ op }) => op === "same")),
    policies: events.flatMap(({ policyEvent }) => (policyEvent === undefined ? [] : [messageOf(policyEvent)])),
    // The engine's last word on a failure says only that there was one.
    errors: errors.filter(({ message }) => message !== "preview failed"),
    isComplete: events.some(({ summaryEvent }) => summaryEvent !== undefined),
  };
}

/** Without the engine's long names, and without its advice to unprotect what is protected. Mistakes of a stack file are one error each. */
function errorsOf({ urn, message }: { readonly urn?: string | undefined; readonly message: string }): readonly EngineError[] {
  const bare = message
    .replace(/urn:pulumi:[^\s"']*::([^\s"':]+)/g, "$1")
    .replace(/(because it is protected)\.[^]*$/, "$1")
    .replace(/^Preview failed: /, "")
    .replace(/^(before|after) hook "[^"]*" failed: /, "");
  const problems = bare.split(/\n{2,}/).filter((block) => block.search(problemLine) >= 0);
  return (problems.length > 0 ? problems.map(problemOf) : [bare]).map((one) => ({
    name: urn?.split("::").at(-1),
    message: one.replace(/\s+/g, " ").trim(),
    isProtected: /because it is protected$/.test(one.trim()),
  }));
}

const problemLine = /^ {2}(where|got|allowed|fix) +(.*)$/gm;

/** A mistake of a stack file as sentences: what, where, and what to do. */
function problemOf(block: string): string {
  const said = new Map([...block.matchAll(problemLine)].map(([, key, value]) => [key, value]));
  const where = `\`${said.get("where") ?? "the program"}\``;
  const facts = ["got", "allowed"].flatMap((key) => (said.has(key) ? [`${key} ${said.get(key)}`] : []));
  return `${block.trim().split("\n")[0]} ${[where, ...facts].join("; ")}. ${said.get("fix") ?? ""}`;
}

function changesOf(steps: readonly z.infer<typeof metadata>[]): readonly Change[] {
  const byUrn = new Map<string, Change>();
  for (const step of steps) {
    const before = byUrn.get(step.urn);
    const op = operations[step.op] ?? "other";
    const detailed = Object.entries(step.detailedDiff ?? {});
    byUrn.set(step.urn, {
      op: before?.op === "replace" ? "replace" : op,
      type: step.type,
      name: step.urn.split("::").at(-1) ?? step.urn,
      old: step.old ?? before?.old,
      new: step.new ?? before?.new,
      keys: [...new Set([...(before?.keys ?? []), ...(step.diffs ?? []), ...detailed.map(([path]) => path.split(/[.[]/)[0] ?? path)])],
      replaceKeys: [
        ...new Set([
          ...(before?.replaceKeys ?? []),
          ...detailed.filter(([, { diffKind }]) => diffKind.endsWith("replace")).map(([path]) => path.split(/[.[]/)[0] ?? path),
        ]),
      ],
    });
  }
  return [...byUrn.values()];
}

/** A rule's message is its text on one line and what is wrong on the next. */
function messageOf({
  policyName,
  message,
  enforcementLevel,
}: {
  policyName: string;
  message: string;
  enforcementLevel: string;
}): PolicyMessage {
  const [, ...rest] = message.trim().split("\n");
  return { rule: policyName, isMandatory: enforcementLevel === "mandatory", message: rest.join(" ").trim() || message.trim() };
}
