import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Recorded } from "../../program/record-program.ts";

const attribute = z.looseObject({ type: z.unknown() });
interface Block {
  readonly attributes?: Readonly<Record<string, z.infer<typeof attribute>>> | undefined;
  readonly block_types?: Readonly<Record<string, { readonly block: Block }>> | undefined;
}
const block: z.ZodType<Block> = z.lazy(() =>
  z.looseObject({
    attributes: z.record(z.string(), attribute).optional(),
    block_types: z.record(z.string(), z.looseObject({ block })).optional(),
  }),
);

/** Kinds of resource of a Terraform provider, as `terraform providers schema -json` tells them. */
export const resourceSchemas = z.record(z.string(), z.looseObject({ block }));
export type ResourceSchemas = z.infer<typeof resourceSchemas>;

const bridgeFolder = "../../../tools/toolchain/go/plugins/cmd/pulumi-resource-aws/";
const table = z
  .object({ resources: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(new URL(`${bridgeFolder}table.json`, import.meta.url), "utf8")));
const kinds = new Map(Object.entries(table.resources).map(([terraform, pulumi]) => [`aws:${pulumi}`, terraform]));

/** Properties whose names do not follow. */
const renamed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  aws_cloudwatch_metric_alarm: { name: "alarm_name" },
  aws_sns_topic_subscription: { topic: "topic_arn" },
};

/** Resources and components of the program; the second are not Terraform's. */
const isResource = ({ type }: Recorded): boolean => !type.startsWith("coinfleet:") && !type.startsWith("pulumi:");

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const plural = (name: string): string => (name.endsWith("y") ? `${name.slice(0, -1)}ies` : `${name}s`);
const labelOf = (name: string): string => name.replace(/[^A-Za-z0-9-]/g, "_").replace(/^([^A-Za-z_])/, "_$1");
const kindOf = ({ type }: Recorded): string => kinds.get(type) ?? "terraform_data";
const addressOf = (one: Recorded): string =>
  `${kindOf(one)}.${labelOf(one.type.startsWith("aws:") ? one.name : `${one.type.split(":")[0]}-${one.name}`)}`;

/** The same resources with the same dependencies as Terraform's JSON. What is not AWS's becomes `terraform_data`, which costs Terraform nothing to plan. */
export function terraformGraph(
  resources: readonly Recorded[],
  schemas: ResourceSchemas,
  region: string,
): { readonly text: string; readonly count: number } {
  const own = resources.filter(isResource);
  const byName = new Map(own.map((one) => [one.name, addressOf(one)]));
  const references = new Map(own.flatMap((one) => referencesTo(one)));
  const made: Record<string, Record<string, unknown>> = {};
  for (const one of own) {
    const kind = kindOf(one);
    const [, label = ""] = addressOf(one).split(".");
    const inputs = linked(one.inputs, references, addressOf(one));
    const depends = one.dependsOn.flatMap((name) => byName.get(name) ?? []).filter((address) => address !== addressOf(one));
    const lifecycle = one.protect ? { lifecycle: { prevent_destroy: true } } : {};
    const schema = schemas[kind];
    const body = schema === undefined ? { input: JSON.stringify(inputs) } : bodyOf(inputs, schema.block, renamed[kind] ?? {});
    (made[kind] ??= {})[label] = { ...body, ...lifecycle, ...(depends.length === 0 ? {} : { depends_on: [...new Set(depends)] }) };
  }
  const provider = { aws: { region, skip_metadata_api_check: "true", skip_region_validation: true } };
  const terraform = { required_providers: { aws: { source: "hashicorp/aws" } } };
  return { text: JSON.stringify({ terraform, provider, resource: made }), count: own.length };
}

/** The mocked engine's ids → what stands for them in Terraform. */
function referencesTo(one: Recorded): [string, string][] {
  const address = addressOf(one);
  const short = one.type.split(":").at(-1) ?? "";
  const whole = (property: string): string => `\${${address}.${property}}`;
  if (!one.type.startsWith("aws:"))
    return [
      [`${short}:${one.name}`, whole("id")],
      [`arn:of:${short}:${one.name}`, whole("id")],
    ];
  const volume = `vol-${createHash("sha256").update(one.name).digest("hex").slice(0, 17)}`;
  return [
    [short === "Volume" ? volume : `${short}:${one.name}`, whole("id")],
    [`arn:of:${short}:${one.name}`, whole("arn")],
    [`ip:${one.name}`, whole("private_ip")],
    ...(["Role", "InstanceProfile"].includes(short) ? [[`${one.name}-1234567`, whole("name")] as [string, string]] : []),
  ];
}

/** A value with references in place of mocked ids, and Terraform's own signs made harmless. */
function linked(value: unknown, references: ReadonlyMap<string, string>, self: string): unknown {
  if (typeof value === "string") {
    const text = value.replaceAll("${", "$${").replaceAll("%{", "%%{");
    return text.replace(/(?:arn:of:)?\b[A-Za-z]+:[A-Za-z0-9-]+|vol-[0-9a-f]{17}|[a-z0-9-]+-1234567/g, (id) => {
      const reference = references.get(id);
      return reference === undefined || reference.includes(self) ? id : reference;
    });
  }
  if (Array.isArray(value)) return value.map((each) => linked(each, references, self));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, linked(each, references, self)]));
}

function bodyOf(inputs: unknown, schema: Block, names: Readonly<Record<string, string>>): Record<string, unknown> {
  const attributes = schema.attributes ?? {};
  const blocks = schema.block_types ?? {};
  const known = new Map<string, string>();
  for (const name of [...Object.keys(attributes), ...Object.keys(blocks)]) {
    const camel = name.replace(/_([a-z0-9])/g, (__, letter: string) => letter.toUpperCase());
    known.set(camel, name);
    if (!known.has(plural(camel))) known.set(plural(camel), name);
  }
  return Object.fromEntries(
    Object.entries(Object(inputs) as Record<string, unknown>).map(([key, value]) => {
      const name = names[key] ?? known.get(key);
      if (name === undefined) throw new Error(`Terraform's provider knows no ${key} among ${[...known.keys()].join(", ")}`);
      const inner = blocks[name]?.block;
      if (inner !== undefined) return [name, [value].flat().map((each) => bodyOf(each, inner, {}))];
      return [name, attributeOf(value, attributes[name]?.type)];
    }),
  );
}

/** Lists of one, which Pulumi flattens; and objects inside attributes, whose keys are the schema's. */
function attributeOf(value: unknown, type: unknown): unknown {
  const parts: readonly unknown[] = Array.isArray(type) ? type : [type];
  const [kind, of] = parts;
  if (kind === "list" || kind === "set") return [value].flat().map((each) => attributeOf(each, of));
  if (kind !== "object" || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [snake(key), each]));
}
