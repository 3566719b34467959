import { InvalidValue, MissingKey, problem, UnknownKey, type Problem } from "@coinfleet/sdk";
import type { z } from "zod";
import { valueAt } from "./value-at.ts";

/** JSON schema, as far as it is read here. */
interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
}

/** What zod found, in the words of the error catalogue. */
export function problemsOfIssues(
  issues: readonly z.core.$ZodIssue[],
  raw: unknown,
  schema: JsonSchema,
  prefix: string,
): readonly Problem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, raw, schema, prefix));
}

function problemsOfIssue(issue: z.core.$ZodIssue, raw: unknown, schema: JsonSchema, prefix: string): readonly Problem[] {
  const path = keyPath(prefix, issue.path);
  if (issue.code === "unrecognized_keys") {
    const allowed = Object.keys(schemaAt(schema, issue.path)?.properties ?? {});
    return issue.keys.map((key) => problem(UnknownKey, { path: keyPath(path, [key]), got: key, allowed }));
  }
  const got = valueAt(raw, issue.path);
  const allowed = allowedBy(issue);
  if (got === undefined) return [problem(MissingKey, { path, allowed })];
  return [problem(InvalidValue, { path, got, allowed })];
}

function allowedBy(issue: z.core.$ZodIssue): readonly string[] {
  switch (issue.code) {
    case "invalid_type":
      return [typeNames[issue.expected] ?? issue.expected];
    case "invalid_value":
      return issue.values.map(String);
    case "too_small":
      return [`${issue.inclusive === true ? "at least" : "more than"} ${String(issue.minimum)}`];
    case "too_big":
      return [`${issue.inclusive === true ? "at most" : "less than"} ${String(issue.maximum)}`];
    case "invalid_format":
    case "custom":
    case "invalid_union":
    case "invalid_key":
    case "invalid_element":
    case "not_multiple_of":
    case "unrecognized_keys":
      return [issue.message];
  }
}

const typeNames: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "a text, in quotes where it looks like a number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping of keys to values",
  record: "a mapping of keys to values",
};

/** `a.b[0].c`; keys with dots or spaces are quoted. */
export function keyPath(prefix: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const key = String(part);
    return /^[\w-]+$/.test(key) ? `${text}.${key}` : `${text}[${JSON.stringify(key)}]`;
  }, prefix);
}

function schemaAt(schema: JsonSchema, path: readonly PropertyKey[]): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>((at, key) => {
    if (typeof key === "number") return at?.items;
    const named = at?.properties?.[String(key)];
    if (named !== undefined) return named;
    return typeof at?.additionalProperties === "object" ? at.additionalProperties : undefined;
  }, schema);
}
