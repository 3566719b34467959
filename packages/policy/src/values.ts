/** The engine's own stand-ins for values that are not known in a preview: boolean, number, text, list, asset, archive, object. */
const standIns: ReadonlySet<unknown> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** Whether a value will be known only when what it comes from exists. */
export function isUnknown(value: unknown): boolean {
  return standIns.has(value);
}

/** A text in which the stand-ins are words. */
export function withoutStandIns(text: string): string {
  return [...standIns].reduce<string>((all, standIn) => all.replaceAll(String(standIn), "(known later)"), text);
}

/** What lies at a path of nested objects; lists are entered by index. The first unknown on the way stands for all that is under it. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (isUnknown(inner)) return inner;
    return typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined;
  }, value);
}

/** The elements of a list; nothing for anything else. */
export function elements(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Whether it is a text that says something. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** Text or JSON text, as the document that it is. `undefined`: neither. */
export function documentOf(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return parsed;
  } catch {
    return undefined;
  }
}

/** A value for a person: texts and numbers as they are, anything else as JSON. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "none");
}
