import { FormerNameInUse, NoMachineImage, NoSubnet, PrivateNeedsNat, RetiredInUse, TooFewZones, UnknownKeeper } from "./errors-data.ts";
import { fleetPath } from "./fleet-path.ts";
import type { FleetSpec } from "./fleet-spec.ts";
import { problem, type Problem } from "./problem.ts";
import type { ResolvedGroup } from "./resolved.ts";

/** What is wrong between the groups and the environment that they live in. */
export function environmentProblems(spec: FleetSpec, groups: readonly ResolvedGroup[]): readonly Problem[] {
  return [
    ...groups.flatMap((group) => [...zoneProblems(spec, group), ...networkProblems(spec, group), ...machineImageProblems(spec, group)]),
    ...formerNameProblems(spec, groups),
    ...keeperProblems(spec, groups),
  ];
}

/** Logical name of a node's data volume. Never changes: it is by this name that the engine knows the chain data. */
export function volumeName(node: string, generation: number): string {
  return `${node}-data-volume-g${generation}`;
}

/** Logical name of a group's secret. */
export function secretResourceName(group: string, secret: string): string {
  return `${group}-secrets-${secret}`;
}

/** A secret's name in Secrets Manager. A group that was renamed keeps its secrets, and a secret's name cannot be changed. */
export const secretName = (environment: string, { formerly }: Pick<ResolvedGroup, "formerly">, secret: string): string =>
  `coinfleet/${environment}/${formerly}/${secret}`;

const groupPath = (group: ResolvedGroup): string => `${fleetPath}.nodes.${group.name}`;

function zoneProblems({ zones }: FleetSpec, { nodes, name }: ResolvedGroup): readonly Problem[] {
  if (zones.length !== 1 || nodes.length < 2) return [];
  return [problem(TooFewZones, { path: `${fleetPath}.zones`, got: zones, allowed: [`two or more, as ${name} has ${nodes.length} nodes`] })];
}

function networkProblems({ network, zones }: FleetSpec, group: ResolvedGroup): readonly Problem[] {
  const isPrivate = group.addresses === "private";
  if ("cidr" in network) {
    const reachesOut = network.natGateways !== "none" || (group.isPrivateNetwork && network.endpoints === "all");
    const path = `${groupPath(group)}.addresses`;
    return isPrivate && !reachesOut ? [problem(PrivateNeedsNat, { path, got: group.addresses })] : [];
  }
  const kind = isPrivate ? "private" : "public";
  const missing = zones.filter((zone) => network.subnets[kind][zone] === undefined);
  return missing.map((zone) => problem(NoSubnet, { path: `${fleetPath}.network.subnets.${kind}`, got: zone }));
}

function machineImageProblems({ machineImage }: FleetSpec, { architecture, name }: ResolvedGroup): readonly Problem[] {
  if (!("ids" in machineImage) || machineImage.ids[architecture] !== undefined) return [];
  const path = `${fleetPath}.machineImage.ids.${architecture}`;
  return [problem(NoMachineImage, { path, allowed: [`the id of an AMI for ${architecture}, which ${name} needs`] })];
}

function formerNameProblems({ nodes }: FleetSpec, groups: readonly ResolvedGroup[]): readonly Problem[] {
  return groups.flatMap((group) => {
    const { formerly, name } = group;
    const isTaken =
      formerly !== name && (Object.hasOwn(nodes, formerly) || groups.some((other) => other !== group && other.formerly === formerly));
    return isTaken ? [problem(FormerNameInUse, { path: `${groupPath(group)}.formerly`, got: formerly })] : [];
  });
}

function keeperProblems({ retired, adopt }: FleetSpec, groups: readonly ResolvedGroup[]): readonly Problem[] {
  const volumes = groups.flatMap(({ nodes }) => nodes.map((node) => volumeName(node.name, node.volume.generation)));
  const secrets = groups.flatMap(({ name, secrets: own }) => own.map((secret) => secretResourceName(name, secret)));
  const inUse = (kind: "volumes" | "secrets", used: readonly string[]): readonly Problem[] =>
    retired[kind].flatMap((one, index) =>
      used.includes(one) ? [problem(RetiredInUse, { path: `${fleetPath}.retired.${kind}[${index}]`, got: one })] : [],
    );
  const keepers = [...volumes, ...secrets];
  const unknown = Object.keys(adopt).filter((one) => !keepers.includes(one));
  return [
    ...inUse("volumes", volumes),
    ...inUse("secrets", secrets),
    ...unknown.map((one) => problem(UnknownKeeper, { path: `${fleetPath}.adopt`, got: one, allowed: keepers })),
  ];
}
