import { z } from "zod";

/** JSON schema of what a person may write. Each description says the default where it is a single value, so that no text repeats a number of the code. */
export function toJsonSchema(schema: z.ZodType): z.core.JSONSchema.BaseSchema {
  const made: z.core.JSONSchema.BaseSchema = z.toJSONSchema(schema, {
    io: "input",
    target: "draft-7",
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      const { default: given, description } = jsonSchema;
      if (description === undefined || !isScalar(given) || description.includes("Default: ")) return;
      jsonSchema.description = `${description} Default: ${String(given)}.`;
    },
  });
  // It is part of another one.
  delete made.$schema;
  return made;
}

/** A mapping's JSON schema, as {@link problemsOfIssues} reads it. */
export function asProperties(schema: z.core.JSONSchema.BaseSchema): z.infer<typeof withProperties> {
  return withProperties.parse(schema);
}

const withProperties = z.object({ properties: z.record(z.string(), z.any()) });

const isScalar = (value: unknown): value is string | number | boolean => ["string", "number", "boolean"].includes(typeof value);
