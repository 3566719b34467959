import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Ajv } from "ajv";
import formats from "ajv-formats";
import { parseDocument, type Document } from "yaml";
import { stackSchema } from "./stack-schema.ts";

type Schema = Readonly<Record<string, unknown>>;

const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null && !Array.isArray(value);

/** Every option below a schema: its path, what is said of it, and whether it may be left out. Conditions (`if`) are no options. */
function* optionsOf(schema: Schema, path = ""): Generator<{ path: string; option: Schema; isOptional: boolean }> {
  const required: unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
  for (const [key, option] of Object.entries(schema["properties"] ?? {})) {
    if (!isSchema(option)) continue;
    yield { path: `${path}.${key}`, option, isOptional: !required.includes(key) };
    yield* optionsOf(option, `${path}.${key}`);
  }
  const definitions: unknown[] = Object.values(schema["definitions"] ?? {});
  const inner: unknown[] = [
    schema["additionalProperties"],
    schema["items"],
    schema["then"],
    schema["else"],
    schema["allOf"],
    schema["anyOf"],
  ].flat();
  for (const each of [...inner, ...definitions]) if (isSchema(each)) yield* optionsOf(each, `${path}.*`);
}

const said = ({ description }: Schema): string => (typeof description === "string" ? description : "");

/** Paths of the options of which an editor could say nothing. */
const undescribed = (schema: Schema): string[] =>
  [...optionsOf(schema)].filter(({ option }) => said(option) === "").map(({ path }) => path);

/** Paths of the options that may be left out, and do not say what happens then. */
const withoutDefault = (schema: Schema): string[] =>
  [...optionsOf(schema)]
    .filter(({ option, isOptional }) => isOptional && !("default" in option) && !/Default: |\bneeded\b/i.test(said(option)))
    .map(({ path }) => path);

const root = join(import.meta.dirname, "../..");
const ajv = new Ajv({ strict: true, strictRequired: false, strictTypes: false, allErrors: true });
formats.default(ajv);
ajv.addFormat("cidrv4", /./);
const validate = ajv.compile(stackSchema);

function mistakes(text: string): string[] {
  validate(parseDocument(text).toJS());
  return (validate.errors ?? []).map(({ instancePath, message = "" }) => `${instancePath} ${message}`);
}

const fleet = ["config", "coinfleet:fleet"];
const bitcoin = [...fleet, "nodes", "bitcoin"];
const good = readFileSync(join(root, "stacks/Pulumi.production.yaml"), "utf8");

/** What is wrong → how production's file becomes so. */
const wrong: Record<string, (document: Document) => void> = {
  "a key that does not exist": (it) => it.setIn([...bitcoin, "cuont"], 2),
  "a network of another coin": (it) => it.setIn([...bitcoin, "network"], "stagenet"),
  "a group of no coin": (it) => it.setIn([...fleet, "nodes", "bitcon"], it.createNode({ network: "mainnet" })),
  "a coin that does not exist": (it) => it.setIn([...bitcoin, "coin"], "bitcon"),
  "a network that the named coin has not": (it) => it.setIn(bitcoin, it.createNode({ coin: "monero", network: "testnet4" })),
  "another coin's option": (it) => it.setIn([...bitcoin, "options"], it.createNode({ prune: true })),
  "an option out of its range": (it) => it.setIn([...bitcoin, "options"], it.createNode({ maxConnections: 2 })),
  "a source that the client has not": (it) => it.setIn([...bitcoin, "sources"], it.createNode({ bitcoind: "debian" })),
  "a client of another coin": (it) => it.setIn([...bitcoin, "release"], it.createNode({ monerod: "1.0" })),
  "a version without quotes": (it) => it.setIn([...bitcoin, "release"], it.createNode({ bitcoind: 31.1 })),
  "a volume that is no number": (it) => it.setIn([...bitcoin, "volume"], it.createNode({ sizeGiB: "large" })),
  "a retired coin that nobody accepts": (it) => it.setIn([...fleet, "nodes", "factom"], it.createNode({ network: "mainnet" })),
  "a VPC of its own and an existing one": (it) => it.setIn([...fleet, "network", "vpcId"], "vpc-0123456789abcdef0"),
  "no machine image": (it) => it.deleteIn([...fleet, "machineImage", "ids"]),
  "an account as a number": (it) => it.setIn(["config", "aws:allowedAccountIds"], it.createNode([333333333333])),
  "two accounts": (it) => it.setIn(["config", "aws:allowedAccountIds"], it.createNode(["333333333333", "444444444444"])),
  "no region": (it) => it.deleteIn(["config", "aws:region"]),
  "a key of ours that nothing reads": (it) => it.setIn(["config", "coinfleet:flete"], it.createNode({})),
  "an exception from a rule that does not exist": (it) => it.setIn(["config", "coinfleet:exceptions", 0, "rule"], "volume-has-backups"),
};

/** What an editor says of a stack file. What no schema can say (sizes that must be known, prices, other groups) is refused by the program alone. */
describe("the schema of stack files", () => {
  for (const file of globSync(join(root, "stacks/Pulumi.*.yaml"))) {
    const text = readFileSync(file, "utf8");
    it(`finds nothing wrong in ${basename(file)}, which names it`, () => {
      assert.deepEqual(mistakes(text), []);
      assert.match(text, /^# yaml-language-server: \$schema=schema\.json\n/);
    });
  }

  for (const [what, change] of Object.entries(wrong)) {
    it(`refuses ${what}`, () => {
      const document = parseDocument(good);
      change(document);
      assert.notDeepEqual(mistakes(document.toString()), []);
    });
  }

  it("takes a group of another name that says its coin", () => {
    const document = parseDocument(good);
    document.setIn([...fleet, "nodes", "cold"], document.createNode({ coin: "bitcoin", network: "testnet4", options: { txindex: false } }));
    assert.deepEqual(mistakes(document.toString()), []);
  });

  it("says of every option what it means", () => assert.deepEqual(undescribed(stackSchema), []));

  it("says of every option that may be left out what happens then", () => assert.deepEqual(withoutDefault(stackSchema), []));

  it("fails when an option says nothing, or no default", () => {
    const bare = { definitions: { group: { properties: { zones: {}, count: { description: "Number of nodes." } }, required: ["zones"] } } };
    assert.deepEqual(undescribed(bare), [".*.zones"]);
    assert.deepEqual(withoutDefault(bare), [".*.count"]);
  });
});
