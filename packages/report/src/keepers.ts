import type { Change, ResourceState } from "./engine-events.ts";
import type { Note } from "./note.ts";
import { groupOf, type } from "./subject.ts";

const keepers: Readonly<Record<string, string>> = {
  [type.volume]: "data volume",
  [type.key]: "encryption key",
  [type.secret]: "secret",
};

/** What would lose chain data, keys or secrets. */
export function keeperNotes(changes: readonly Change[], steady: readonly Change[], groups: readonly string[]): readonly Note[] {
  const gone = changes
    .filter(({ type: of, op }) => of in keepers && (op === "delete" || op === "replace"))
    .map((change) =>
      blocked(
        change,
        groups,
        `${change.old?.protect === true ? "protected " : ""}${keepers[change.type]} \`${change.name}\` would be ${change.op === "delete" ? "deleted" : "replaced"}`,
      ),
    );
  const bared = [...changes, ...steady]
    .filter(({ type: of, op }) => of in keepers && op !== "delete")
    .flatMap((change) => lifted(change).map((what) => blocked(change, groups, `${keepers[change.type]} \`${change.name}\` would ${what}`)));
  return [...gone, ...bared];
}

/** Whether a change is of something that is kept for ever. */
export function isKeeper({ type: of }: Change): boolean {
  return of in keepers;
}

function blocked(change: Change, groups: readonly string[], text: string): Note {
  return { level: "blocked", topic: "keepers", group: groupOf(change, groups), text: `${text}: **blocked**` };
}

function lifted({ old, new: wanted }: Change): readonly string[] {
  if (old === undefined || wanted === undefined) return [];
  const was = (key: keyof Pick<ResourceState, "protect" | "retainOnDelete">): boolean => old[key] === true && wanted[key] !== true;
  return [
    ...(was("protect") ? ["no longer be protected"] : []),
    ...(was("retainOnDelete") ? ["be lost when the program lets go of it"] : []),
  ];
}
