import type { FleetSpec, ResolvedFleet } from "@coinfleet/sdk";

/** What an environment takes of what an account has only so much of. */
export interface Wanted {
  /** Elastic addresses: of nodes that keep theirs, and of NAT gateways. */
  readonly elasticAddresses: number;
  /** Data volumes, GiB by EBS's type. They are a minimum: the grower makes them larger. */
  readonly volumeGiB: Readonly<Record<"gp3" | "io2", number>>;
  /** Hosts by instance type. */
  readonly hosts: ReadonlyMap<string, number>;
  /** Hosts besides while every group replaces one: the new one starts before the old one stops. */
  readonly hostsDuringChange: ReadonlyMap<string, number>;
}

/** Adds up a stack file. Root volumes are left out: they are a hundredth of the data. */
export function wantedBy(spec: FleetSpec, fleet: ResolvedFleet): Wanted {
  const nodes = fleet.groups.flatMap((group) => group.nodes);
  const gib = (type: "gp3" | "io2"): number =>
    nodes.filter(({ volume }) => volume.type === type).reduce((sum, { volume }) => sum + volume.sizeGiB, 0);
  const elastic = fleet.groups.filter(({ addresses }) => addresses === "elastic").reduce((sum, group) => sum + group.nodes.length, 0);
  return {
    elasticAddresses: elastic + natGateways(spec),
    volumeGiB: { gp3: gib("gp3"), io2: gib("io2") },
    hosts: countOf(nodes.map(({ instanceType }) => instanceType)),
    hostsDuringChange: countOf(fleet.groups.flatMap((group) => group.nodes[0]?.instanceType ?? [])),
  };
}

function natGateways({ network, zones }: FleetSpec): number {
  if ("vpcId" in network) return 0;
  return { none: 0, one: 1, perZone: zones.length }[network.natGateways];
}

function countOf(types: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}
