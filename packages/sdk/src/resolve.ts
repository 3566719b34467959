import type { Coin } from "./coin.ts";
import { NoNodes, NoZones } from "./errors-data.ts";
import type { FleetSpec } from "./fleet-spec.ts";
import { problem, type Problem } from "./problem.ts";
import { resolveGroup } from "./resolve-group.ts";
import type { ResolvedFleet } from "./resolved.ts";

/** The coins that an environment may run, by id. */
export type CoinRegistry = Readonly<Record<string, Coin>>;

/** A fleet, or everything that is wrong with it. Never both, never the first mistake only. */
export type Resolution = { readonly fleet: ResolvedFleet } | { readonly problems: readonly Problem[] };

/** Where the fleet stands in a stack file, for the paths of problems. */
export const fleetPath = "coinfleet:fleet";

/** Applies the coins and their defaults to what a stack file says. Pure: the same spec gives the same fleet, always. */
export function resolveFleet(coins: CoinRegistry, spec: FleetSpec): Resolution {
  const problems: Problem[] = [];
  if (spec.zones.length === 0) problems.push(problem(NoZones, { path: `${fleetPath}.zones` }));
  const names = Object.keys(spec.nodes);
  if (names.length === 0) problems.push(problem(NoNodes, { path: `${fleetPath}.nodes` }));
  const groups = names.flatMap((name) => {
    const group = spec.nodes[name];
    if (group === undefined) return [];
    const path = `${fleetPath}.nodes.${name}`;
    return (
      resolveGroup({ coins, zones: Math.max(1, spec.zones.length), name, path, spec: group, report: (one) => problems.push(one) }) ?? []
    );
  });
  return problems.length > 0 ? { problems } : { fleet: { environment: spec.environment, groups } };
}
