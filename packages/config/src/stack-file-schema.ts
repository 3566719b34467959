import { groupNamePattern, type Coin, type CoinRegistry } from "@coinfleet/sdk";
import { z } from "zod";
import { accountId, regionName } from "./environment-schema.ts";
import { fleetJsonSchema } from "./parse-fleet.ts";
import { toJsonSchema } from "./to-json-schema.ts";

type Schema = z.core.JSONSchema.BaseSchema;

const configSchema = z.object({
  "aws:region": regionName.describe("AWS region of the environment. It cannot be changed later: volumes do not leave it."),
  "aws:allowedAccountIds": z
    .array(accountId)
    .length(1)
    .describe("The one account of the environment, in quotes. With credentials of any other, nothing happens."),
  "aws:defaultTags": z
    .looseObject({ tags: z.record(z.string(), z.string()).describe("Key → value. Default: none.") })
    .optional()
    .describe("Tags of every resource, for bills and for those who look. Default: none."),
});

/**
 * The JSON schema (draft 7) of a stack file, for editors: every option with its meaning; each coin's networks, clients, sources and options.
 * @param extra further keys under `config`
 */
export function stackFileSchema(coins: CoinRegistry, extra: Readonly<Record<string, z.ZodType>>): Schema {
  const { properties: ofFleet = {}, ...fleet } = fleetJsonSchema;
  const { nodes } = ofFleet;
  if (typeof nodes !== "object" || typeof nodes.additionalProperties !== "object") throw new Error("`nodes` is a record of groups");
  const config = toJsonSchema(configSchema);
  const ours: Record<string, Schema> = {
    "coinfleet:fleet": {
      ...fleet,
      description: "The fleet: where it runs, who hears of it, and its nodes.",
      properties: { ...ofFleet, nodes: nodesSchema(coins, nodes.description) },
    },
    ...Object.fromEntries(Object.entries(extra).map(([key, schema]) => [key, toJsonSchema(schema)])),
  };
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "A stack file of Coinfleet",
    type: "object",
    properties: {
      config: {
        type: "object",
        description: "The environment.",
        properties: { ...config.properties, ...ours },
        required: [...(config.required ?? []), "coinfleet:fleet"],
        propertyNames: { anyOf: [{ pattern: "^(?!coinfleet:)" }, { enum: Object.keys(ours) }] },
      },
    },
    required: ["config"],
    definitions: { group: nodes.additionalProperties, ...coinDefinitions(coins) },
  };
}

const definition = (name: string): Schema => ({ $ref: `#/definitions/${name}` });
const coinDefinition = ({ id }: Coin): string => `coin-${id}`;

/** A group is its coin's by name; `coin` says otherwise, and any other name needs it. */
function nodesSchema(coins: CoinRegistry, description: string | undefined): Schema {
  const byName = Object.values(coins).map((coin): [string, Schema] => [
    coin.id,
    {
      description: titleOf(coin),
      allOf: [
        definition("group"),
        { if: { required: ["coin"] }, then: definition("of-the-coin-it-names"), else: definition(coinDefinition(coin)) },
      ],
    },
  ]);
  return {
    type: "object",
    ...(description === undefined ? {} : { description }),
    propertyNames: { pattern: groupNamePattern.source },
    properties: Object.fromEntries(byName),
    additionalProperties: { allOf: [definition("group"), { required: ["coin"] }, definition("of-the-coin-it-names")] },
  };
}

const titleOf = ({ name, symbol }: Coin): string => `Nodes of ${name} (${symbol}). Default: none.`;

function coinDefinitions(coins: CoinRegistry): Record<string, Schema> {
  const all = Object.values(coins);
  return {
    "of-the-coin-it-names": {
      properties: { coin: { enum: Object.keys(coins), description: "Id of the coin. Default: the group's name, where that is one." } },
      allOf: all.map((coin) => ({
        if: { properties: { coin: { const: coin.id } }, required: ["coin"] },
        then: definition(coinDefinition(coin)),
      })),
    },
    ...Object.fromEntries(all.map((coin) => [coinDefinition(coin), coinSchema(coin)])),
  };
}

/** What a group may say because of its coin. Figures and versions are left out: they change with every release. */
function coinSchema(coin: Coin): Schema {
  const clients = Object.entries(coin.clients);
  const options = toJsonSchema(coin.options);
  const isRetired = coin.status?.kind === "retired";
  return {
    properties: {
      network: { enum: Object.keys(coin.networks), description: networksOf(coin) },
      options: { ...options, description: `Options of ${coin.name}. Default: each option's own.` },
      sources: {
        description: "Client → source of its release. Default: each client's first source.",
        properties: Object.fromEntries(
          clients.map(([name, { sources }]) => {
            const [first = ""] = Object.keys(sources);
            return [name, { enum: Object.keys(sources), description: `Source of ${name}'s release. Default: ${first}.` }];
          }),
        ),
        additionalProperties: false,
      },
      release: {
        description: "Client → version, in quotes. Default: the version that the source pins.",
        properties: Object.fromEntries(
          clients.map(([name]) => [name, { type: "string", description: `Version of ${name}. Default: the one that its source pins.` }]),
        ),
        additionalProperties: false,
      },
    },
    ...(isRetired ? { required: ["acceptRetired"] } : {}),
  };
}

const kinds = { main: "the main network", test: "a public test network", private: "a private network, for tests" } as const;

function networksOf(coin: Coin): string {
  const each = Object.entries(coin.networks).map(([name, { kind }]) => `${name}: ${kinds[kind]}`);
  return `Network of ${coin.name}, always needed. ${each.join("; ")}.`;
}
