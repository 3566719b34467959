import { z } from "zod";
import { agentPort } from "./agent-config.ts";
import type { Coin, Daemon, Network, Server } from "./coin.ts";
import { InvalidOption, PortClash, UnknownOption } from "./errors-data.ts";
import { problem, type Problem } from "./problem.ts";

/** What {@link resolveDaemons} is given. */
export interface DaemonsInput {
  readonly coin: Coin;
  readonly network: Network;
  readonly networkName: string;
  readonly options: unknown;
  readonly hostnames: readonly string[];
  /** 0-based position of the node among `hostnames`. */
  readonly position: number;
  /** The node that serves this one. Absent where the coin requires none. */
  readonly server: Server | undefined;
  readonly path: string;
  report(found: Problem): void;
}

/** The daemons of one node, as its coin renders them. */
export function resolveDaemons(input: DaemonsInput): readonly Daemon[] {
  const { coin, network, networkName, options, hostnames, position, server } = input;
  const daemons = coin.daemons({
    networkName,
    network,
    options,
    dataPath: "/data",
    filesPath: "/etc/coinfleet",
    index: position + 1,
    siblings: hostnames.filter((_, other) => other !== position),
    memoryMiB: network.memoryMiB,
    server: () => {
      if (server === undefined)
        throw new Error(`coin ${coin.id}: a daemon on ${networkName} asks for a server, which the coin does not require`);
      return server;
    },
    secret: (name) => secretPlaceholder(coin, name),
  });
  if (position === 0) checkPorts(input, daemons);
  return daemons;
}

function secretPlaceholder(coin: Coin, name: string): string {
  if (!coin.secrets.includes(name)) throw new Error(`coin ${coin.id}: a daemon uses the secret "${name}", which the coin does not declare`);
  return `{{secret:${name}}}`;
}

function checkPorts({ network, path, report }: DaemonsInput, daemons: readonly Daemon[]): void {
  const owners = new Map<string, string>([[`${agentPort}/tcp`, "the agent"]]);
  for (const daemon of daemons) {
    for (const role of daemon.ports) {
      const port = network.ports[role];
      if (port === undefined) throw new Error(`daemon ${daemon.name} serves the port "${role}", which the network does not declare`);
      const key = `${port.port}/${port.protocol}`;
      const owner = owners.get(key);
      if (owner !== undefined) report(problem(PortClash, { path, got: `${key}: ${owner} and ${daemon.name} (${role})` }));
      owners.set(key, `${daemon.name} (${role})`);
    }
  }
}

/** The coin's options after its schema's defaults; wrapped, because `undefined` may be a value. */
export function resolveOptions(
  coin: Coin,
  given: unknown,
  path: string,
  report: (found: Problem) => void,
): { readonly value: unknown } | undefined {
  const parsed = coin.options.safeParse(given ?? {});
  if (parsed.success) return { value: parsed.data };
  const known = optionNames(coin.options);
  for (const issue of parsed.error.issues) {
    const at = ["options", ...issue.path].map(String).join(".");
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) report(problem(UnknownOption, { path: `${path}.${at}`, got: key, allowed: known }));
    } else {
      report(problem(InvalidOption, { path: `${path}.${at}`, got: valueAt(given, issue.path), fix: `${issue.message}.` }));
    }
  }
  return undefined;
}

const describedOption = z.object({ examples: z.array(z.unknown()).default([]) });

function describedOptions(schema: z.ZodType): Readonly<Record<string, z.infer<typeof describedOption>>> {
  const described = z
    .object({ properties: z.record(z.string(), describedOption).default({}) })
    .safeParse(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
  return described.data?.properties ?? {};
}

/** Names of the options that a coin's schema knows. */
export const optionNames = (schema: z.ZodType): readonly string[] => Object.keys(describedOptions(schema));

/** Examples that the schema's `meta` gives for an option. */
export const optionExamples = (schema: z.ZodType, name: string): readonly unknown[] => describedOptions(schema)[name]?.examples ?? [];

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  const container = z.record(z.string(), z.unknown());
  return path.reduce<unknown>((value, key) => container.safeParse(value).data?.[String(key)], given);
}
