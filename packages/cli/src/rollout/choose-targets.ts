import { z } from "zod";

const stateSchema = z.looseObject({
  parent: z.string().optional(),
  dependencies: z.array(z.string()).nullish(),
});
const stepSchema = z.looseObject({ op: z.string(), urn: z.string(), newState: stateSchema.optional(), oldState: stateSchema.optional() });

/** What `pulumi preview --json` prints, as far as a rollout asks. */
export const previewSchema = z.looseObject({ steps: z.array(stepSchema).default([]) });

/** One step of a preview. */
type PreviewStep = z.infer<typeof stepSchema>;

/** What of a preview a rollout does. */
export interface Chosen {
  /** URNs of the resources to change, and of what they need. */
  readonly targets: readonly string[];
  /** The same for a person: `update aws:ssm/parameter:Parameter litecoin-1-parameters-release`. */
  readonly lines: readonly string[];
  /** Names of the nodes that change. */
  readonly nodes: readonly string[];
  /** How many changes of the group come later. */
  readonly left: number;
}

const unchanged = new Set(["same", "read", "refresh"]);
/** A replacement is three steps of the engine, and one for a reader. */
const silent = new Set(["create-replacement", "delete-replaced"]);

const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";
const typeOf = (urn: string): string => urn.split("::").at(-2)?.split("$").at(-1) ?? "";

/** Chooses a group's changes from a preview, or those of one of its nodes, with the changes that they depend on. */
export function chooseTargets(steps: readonly PreviewStep[], group: string, node?: string): Chosen {
  const parents = new Map<string, string>();
  const needs = new Map<string, readonly string[]>();
  for (const { urn, newState, oldState } of steps) {
    const state = newState ?? oldState;
    if (state?.parent !== undefined) parents.set(urn, state.parent);
    // A replacement is several steps, of which some know of the old state alone.
    needs.set(urn, [...(needs.get(urn) ?? []), ...(state?.dependencies ?? []), ...(state?.parent === undefined ? [] : [state.parent])]);
  }
  /** Name of the component of a type that a resource is, or is in. */
  const within = (type: string, urn: string | undefined): string | undefined =>
    urn === undefined ? undefined : typeOf(urn) === type ? nameOf(urn) : within(type, parents.get(urn));
  const changed = new Set(steps.filter(({ op }) => !unchanged.has(op)).map(({ urn }) => urn));
  const own = [...changed].filter((urn) => within("coinfleet:aws:Group", urn) === group);
  const nodeOf = (urn: string): string | undefined => within("coinfleet:aws:Node", urn);
  const targets = withNeeds(node === undefined ? own : own.filter((urn) => nodeOf(urn) === node), needs, changed);
  if (targets.size > 0) for (const urn of retiredOf(steps, group)) targets.add(urn);
  const words = (op: string): string => (op === "same" ? "keep" : op);
  return {
    targets: [...targets],
    lines: steps
      .filter(({ op, urn }) => targets.has(urn) && !silent.has(op))
      .map(({ op, urn }) => `${words(op)} ${typeOf(urn)} ${nameOf(urn)}`),
    nodes: [...new Set([...targets].flatMap((urn) => nodeOf(urn) ?? []))],
    left: own.filter((urn) => !targets.has(urn)).length,
  };
}

/**
 * What a group has let go of. To be retired changes nothing but its place in the state, which is none of the engine's changes; and the engine (3.259) fails on
 * a resource that it finds in a new place, where that is not a target and depends on others that are not: "Duplicate resource URN".
 */
function retiredOf(steps: readonly PreviewStep[], group: string): readonly string[] {
  const names = new RegExp(`^${group}-(\\d+-data-volume-g\\d+|secrets-.+)$`);
  return steps.map(({ urn }) => urn).filter((urn) => urn.includes("coinfleet:aws:Retired$") && names.test(nameOf(urn)));
}

/** A change cannot be made before those that it depends on. */
function withNeeds(wanted: readonly string[], needs: ReadonlyMap<string, readonly string[]>, changed: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  const seen = new Set<string>();
  const open = [...wanted];
  for (let urn = open.pop(); urn !== undefined; urn = open.pop()) {
    if (seen.has(urn)) continue;
    seen.add(urn);
    if (changed.has(urn)) found.add(urn);
    open.push(...(needs.get(urn) ?? []));
  }
  return found;
}
