import type { Coin } from "./coin.ts";
import { NoNodes, NoZones } from "./errors-data.ts";
import type { FleetSpec } from "./fleet-spec.ts";
import { problem, type Problem } from "./problem.ts";
import { environmentProblems } from "./environment-problems.ts";
import { fleetPath } from "./fleet-path.ts";
import { resolveGroup } from "./resolve-group.ts";
import type { ResolvedFleet } from "./resolved.ts";

/** The coins that an environment may run, by id. */
export type CoinRegistry = Readonly<Record<string, Coin>>;

/** A fleet and what will be wrong with it later, or everything that is wrong with it now. Never both, never the first mistake only. */
export type Resolution =
  { readonly fleet: ResolvedFleet; readonly warnings: readonly Problem[] } | { readonly problems: readonly Problem[] };

/**
 * Applies the coins and their defaults to what a stack file says. Pure: the same spec gives the same fleet, always. `now` decides only whether a
 * release is too old for a hard fork.
 */
export function resolveFleet(coins: CoinRegistry, spec: FleetSpec, now: Date): Resolution {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  if (spec.zones.length === 0) problems.push(problem(NoZones, { path: `${fleetPath}.zones` }));
  const names = Object.keys(spec.nodes);
  if (names.length === 0) problems.push(problem(NoNodes, { path: `${fleetPath}.nodes` }));
  const groups = names.flatMap((name) => {
    const group = spec.nodes[name];
    if (group === undefined) return [];
    const path = `${fleetPath}.nodes.${name}`;
    const zones = Math.max(1, spec.zones.length);
    const report = (one: Problem): void => void problems.push(one);
    const warn = (one: Problem): void => void warnings.push(one);
    const { backup, selfHealing } = spec;
    return resolveGroup({ coins, zones, backup, selfHealing, name, path, spec: group, groups: spec.nodes, now, report, warn }) ?? [];
  });
  problems.push(...environmentProblems(spec, groups));
  return problems.length > 0 ? { problems } : { fleet: { environment: spec.environment, groups }, warnings };
}
