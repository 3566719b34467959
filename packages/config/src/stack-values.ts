import {
  fleetPath,
  InvalidValue,
  NoAccount,
  NoFleet,
  NoRegion,
  problem,
  renderProblems,
  resolveFleet,
  type CoinRegistry,
  type FleetSpec,
  type Problem,
  type ResolvedFleet,
} from "@coinfleet/sdk";
import { accountId, regionName } from "./environment-schema.ts";
import { parseFleet, type Origin } from "./parse-fleet.ts";

/** The values of a stack file that we read. `undefined`: not there. */
export interface StackValues {
  readonly region: unknown;
  readonly allowedAccountIds: unknown;
  readonly fleet: unknown;
}

/** A whole stack file, understood. */
export interface StackConfig {
  readonly place: {
    readonly environment: string;
    readonly account: string;
    readonly region: string;
    /** ARN. */
    readonly permissionsBoundary?: string;
  };
  readonly spec: FleetSpec;
  readonly fleet: ResolvedFleet;
  /** What will be refused later, for example a release that a coming hard fork leaves behind. */
  readonly warnings: readonly Problem[];
}

/** A stack file, or everything that is wrong with it. */
export type StackReading = { readonly config: StackConfig } | { readonly problems: readonly Problem[]; readonly text: string };

/** Reads all of a stack file before it says anything, so that one run tells every mistake. */
export function readStackValues(values: StackValues, coins: CoinRegistry, origin: Origin, now: Date): StackReading {
  const region = regionOf(values.region);
  const account = accountOf(values.allowedAccountIds);
  const parsed =
    values.fleet === undefined
      ? { problems: [problem(NoFleet, { path: fleetPath })] }
      : parseFleet(values.fleet, origin, typeof region === "string" ? region : undefined);
  const problems = [region, account].filter((found) => typeof found !== "string").concat(parsed.problems);
  if (!("spec" in parsed) || parsed.spec === undefined) return refused(problems, origin);
  const resolution = resolveFleet(coins, parsed.spec, now);
  if ("problems" in resolution) problems.push(...resolution.problems.filter((one) => !isEcho(one, problems)));
  if (problems.length > 0 || "problems" in resolution || typeof region !== "string" || typeof account !== "string")
    return refused(problems, origin);
  const { permissionsBoundary } = parsed.spec;
  const place = { environment: origin.environment, account, region, ...(permissionsBoundary === undefined ? {} : { permissionsBoundary }) };
  return { config: { place, spec: parsed.spec, fleet: resolution.fleet, warnings: resolution.warnings } };
}

function refused(problems: readonly Problem[], origin: Origin): StackReading {
  return { problems, text: renderProblems(origin.file, problems) };
}

/** What was left out because it could not be read is not missing. */
const followsFromLess = ["NoNodes", "NoZones", "TooFewZones"];

function isEcho(found: Problem, said: readonly Problem[]): boolean {
  return said.some((one) => one.path.startsWith(found.path) && (followsFromLess.includes(found.name) || one.path === found.path));
}

/** `aws:region`, or what is wrong with it. */
export function regionOf(value: unknown): string | Problem {
  const path = "aws:region";
  if (value === undefined) return problem(NoRegion, { path });
  const read = regionName.safeParse(value);
  if (read.success) return read.data;
  return problem(InvalidValue, { path, got: value, allowed: ["a region, for example eu-central-1"] });
}

/** The one account of `aws:allowedAccountIds`, or what is wrong with it. */
export function accountOf(value: unknown): string | Problem {
  const path = "aws:allowedAccountIds";
  if (value === undefined) return problem(NoAccount, { path });
  const listed: readonly unknown[] = Array.isArray(value) ? value : [value];
  const [first, ...others] = listed;
  const account = accountId.safeParse(first);
  if (account.success && others.length === 0) return account.data;
  return problem(InvalidValue, { path, got: value, allowed: ["a list of one account id: twelve digits, in quotes"] });
}
