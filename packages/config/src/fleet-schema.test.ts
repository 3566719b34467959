import assert from "node:assert/strict";
import { fleetJsonSchema } from "./parse-fleet.ts";

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
}

/** Paths of the options that an editor could say nothing about. */
function undescribed(schema: Schema, path = ""): readonly string[] {
  const properties = Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => [
    ...(inner.description === undefined ? [`${path}.${key}`] : []),
    ...undescribed(inner, `${path}.${key}`),
  ]);
  const values = typeof schema.additionalProperties === "object" ? undescribed(schema.additionalProperties, `${path}.*`) : [];
  return [...properties, ...values, ...(schema.items === undefined ? [] : undescribed(schema.items, `${path}[]`))];
}

describe("the schema of a stack file", () => {
  it("says of every option what it means", () => assert.deepEqual(undescribed(fleetJsonSchema as Schema), []));

  it("fails when an option says nothing", () => assert.deepEqual(undescribed({ properties: { zones: {} } }), [".zones"]));
});
