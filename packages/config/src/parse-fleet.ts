import {
  fleetPath,
  InvalidValue,
  networkDefaults,
  problem,
  type FleetSpec,
  type MachineImageSpec,
  type NetworkSpec,
  type Problem,
} from "@coinfleet/sdk";
import type { z } from "zod";
import { alertsOf } from "./alerts-schema.ts";
import { fleetSchema } from "./fleet-schema.ts";
import { keyPath, problemsOfIssues } from "./problems-of-issues.ts";
import { asProperties, toJsonSchema } from "./to-json-schema.ts";
import { withoutPaths } from "./without-paths.ts";

/** Which stack file it is. */
export interface Origin {
  /** Name of the stack. */
  readonly environment: string;
  /** Stack file, relative to the project. */
  readonly file: string;
}

/** What was read, as far as it could be, and all that is wrong with it. A spec that comes with problems is good for finding more of them only. */
export interface ParsedFleet {
  readonly spec?: FleetSpec;
  readonly problems: readonly Problem[];
}

type Raw = z.infer<typeof fleetSchema>;

/** The JSON schema of `coinfleet:fleet`, as far as it is the same for all coins. */
export const fleetJsonSchema = toJsonSchema(fleetSchema);

/** Parses the value of `coinfleet:fleet`. */
export function parseFleet(raw: unknown, origin: Origin, region: string | undefined): ParsedFleet {
  const first = fleetSchema.safeParse(raw);
  if (first.success) return { spec: specOf(first.data, origin), problems: checkTogether(first.data, region) };
  const problems = problemsOfIssues(first.error.issues, raw, jsonSchema, fleetPath);
  const rest = goodPart(raw);
  return rest === undefined ? { problems } : { spec: specOf(rest, origin), problems: [...problems, ...checkTogether(rest, region)] };
}

/** What is left without the bad parts, so that it can be judged too and one run tells everything. */
function goodPart(raw: unknown): Raw | undefined {
  let candidate: unknown = raw;
  if (typeof raw !== "object" || raw === null) return undefined;
  // Each round may leave a mapping without a key that it needs; they are at most as many as the levels of the file.
  for (let round = 0; round < 8; round++) {
    const parsed = fleetSchema.safeParse({ ...standIns, ...objectOf(candidate) });
    if (parsed.success) return parsed.data;
    candidate = withoutPaths(candidate, parsed.error.issues);
  }
  return undefined;
}

/** For keys that are missing altogether, so that the rest can be judged. They reach no resource. */
const standIns = {
  zones: ["eu-central-1a"],
  network: { cidr: "10.0.0.0/16" },
  machineImage: { ids: { x86_64: "ami-00000000", arm64: "ami-00000001" }, distribution: "debian" },
  nodes: {},
};

function objectOf(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

const jsonSchema = asProperties(fleetJsonSchema);

function specOf(raw: Raw, origin: Origin): FleetSpec {
  return {
    ...origin,
    ...raw,
    network: networkOf(raw.network),
    alerts: alertsOf(raw.alerts),
    machineImage: machineImageOf(raw.machineImage),
  };
}

function networkOf({ cidr, vpcId, subnets, ...own }: Raw["network"]): NetworkSpec {
  if (vpcId !== undefined && subnets !== undefined) return { vpcId, subnets };
  if (cidr === undefined) throw new Error("the schema lets no network without cidr or vpcId pass");
  const { natGateways, endpoints, flowLogDays } = networkDefaults;
  return {
    cidr,
    natGateways: own.natGateways ?? natGateways,
    endpoints: own.endpoints ?? endpoints,
    flowLogDays: own.flowLogDays ?? flowLogDays,
  };
}

function machineImageOf({ ids, source, distribution, sshUser, instanceType }: Raw["machineImage"]): MachineImageSpec {
  if (ids !== undefined) return { ids: definedOnly(ids), distribution };
  if (source === undefined || sshUser === undefined || instanceType === undefined)
    throw new Error("the schema lets no machine image without a source pass");
  return { source, distribution, sshUser, instanceType };
}

/** What no single key shows. */
function checkTogether(raw: Raw, region: string | undefined): readonly Problem[] {
  const problems: Problem[] = [];
  const bad = (path: readonly PropertyKey[], got: unknown, allowed: string): void => {
    problems.push(problem(InvalidValue, { path: keyPath(fleetPath, path), got, allowed: [allowed] }));
  };
  raw.zones.forEach((zone, index) => {
    if (region !== undefined && !zone.startsWith(region)) bad(["zones", index], zone, `a zone of ${region}`);
    if (raw.zones.indexOf(zone) !== index) bad(["zones", index], zone, "each zone once");
  });
  if (raw.network.cidr !== undefined) checkVpc(raw.network.cidr, bad);
  checkCopies(raw, region, bad);
  for (const [name, group] of Object.entries(raw.nodes)) {
    group.allowedCidrs?.forEach((cidr, index) => {
      const path = ["nodes", name, "allowedCidrs", index];
      if (prefixLength(cidr) < 8) bad(path, cidr, "a network of your own: at most a /8, never the whole internet");
      else if (!isNetworkAddress(cidr)) bad(path, cidr, "a network address: the bits after the prefix are 0");
      if (group.allowedCidrs?.indexOf(cidr) !== index) bad(path, cidr, "each CIDR once");
    });
  }
  return problems;
}

function checkCopies(
  raw: Raw,
  region: string | undefined,
  bad: (path: readonly PropertyKey[], got: unknown, allowed: string) => void,
): void {
  const all = [
    [["backup"], raw.backup] as const,
    ...Object.entries(raw.nodes).map(([name, group]) => [["nodes", name, "backup"], group.backup] as const),
  ];
  for (const [path, backup] of all) {
    const copyTo = backup?.copyTo;
    if (copyTo === undefined || region === undefined) continue;
    if (copyTo.region === region) bad([...path, "copyTo", "region"], region, "another region than the fleet's own");
    if (copyTo.keyArn !== undefined && copyTo.keyArn.split(":")[3] !== copyTo.region)
      bad([...path, "copyTo", "keyArn"], copyTo.keyArn, `a key of ${copyTo.region}`);
  }
}

function checkVpc(cidr: string, bad: (path: readonly PropertyKey[], got: unknown, allowed: string) => void): void {
  const path = ["network", "cidr"];
  if (prefixLength(cidr) < 16 || prefixLength(cidr) > 22) bad(path, cidr, "/16 to /22");
  else if (!isNetworkAddress(cidr)) bad(path, cidr, "a network address: the bits after the prefix are 0");
  else if (!/^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(cidr))
    bad(path, cidr, "a private range: 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16");
}

function prefixLength(cidr: string): number {
  return Number(cidr.split("/")[1]);
}

function isNetworkAddress(cidr: string): boolean {
  const address = (cidr.split("/")[0] ?? "").split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return address % 2 ** (32 - prefixLength(cidr)) === 0;
}

/** Only what is there: an option that is not said is no option that says nothing. */
function definedOnly<K extends string, V>(given: Readonly<Partial<Record<K, V | undefined>>>): Partial<Record<K, V>> {
  const entries = Object.entries<V | undefined>(given).filter((entry): entry is [K, V] => entry[1] !== undefined);
  const kept: Partial<Record<K, V>> = {};
  for (const [key, value] of entries) kept[key] = value;
  return kept;
}
