import { groupNamePattern } from "./fleet-path.ts";
import { instanceMemoryMiB } from "./aws-limits.ts";
import type { Coin, Daemon, Network } from "./coin.ts";
import type { BackupSpec, SelfHealingSpec } from "./environment-spec.ts";
import {
  CannotProduceBlocks,
  InvalidCount,
  InvalidGroupName,
  KeysForbidSnapshot,
  NotAPrivateNetwork,
  RetiredCoin,
  TooFewTips,
  TooLittleMemory,
  UnknownCoin,
  UnknownNetwork,
} from "./errors-data.ts";
import type { GroupSpec } from "./fleet-spec.ts";
import { resolveHealth } from "./health.ts";
import { problem, type Problem } from "./problem.ts";
import { checkUpgrades } from "./check-upgrades.ts";
import { releaseId, resolveArchitecture, resolveClients } from "./resolve-clients.ts";
import { resolveDaemons, resolveOptions } from "./resolve-daemons.ts";
import { resolveNext } from "./resolve-next.ts";
import { resolveDrill } from "./resolve-drill.ts";
import { resolveSnapshot } from "./resolve-snapshot.ts";
import { resolveSelfHealing } from "./resolve-self-healing.ts";
import { resolveUpgrade } from "./resolve-upgrade.ts";
import { resolveServer } from "./resolve-server.ts";
import { resolveVolumes } from "./resolve-volumes.ts";
import type { CoinRegistry } from "./resolve.ts";
import type { ResolvedGroup, ResolvedNode } from "./resolved.ts";

/** What {@link resolveGroup} is given. */
export interface GroupInput {
  readonly coins: CoinRegistry;
  /** Number of availability zones. */
  readonly zones: number;
  /** What the environment says of backups. */
  readonly backup: BackupSpec;
  /** What the environment says of what is done without a person. */
  readonly selfHealing: SelfHealingSpec;
  readonly name: string;
  /** Key path of the group in the stack file. */
  readonly path: string;
  readonly spec: GroupSpec;
  /** Decides whether a release is too old for a hard fork. */
  readonly now: Date;
  /** Every group of the fleet: one may serve another. */
  readonly groups: Readonly<Record<string, GroupSpec>>;
  report(found: Problem): void;
  /** Told what will be a problem later. */
  warn(found: Problem): void;
}

/** One group with its defaults, or nothing after the reasons have been reported. */
export function resolveGroup(input: GroupInput): ResolvedGroup | undefined {
  checkName(input);
  const coin = findCoin(input);
  const network = coin === undefined ? undefined : findNetwork(input, coin);
  const count = resolveCount(input, network?.maximumNodes ?? 99);
  if (coin === undefined || network === undefined) return undefined;
  checkNetwork(input, coin, network, count);
  const { name, path, spec, report } = input;
  const options = resolveOptions(coin, spec.options, path, report);
  const backup = resolveBackup(input, coin);
  const names = Array.from({ length: count }, (_, position) => nodeName(name, position));
  const volumes = resolveVolumes({ network, holdsKeys: coin.keys !== "none", spec: spec.volume, names, path, report });
  const architecture = resolveArchitecture(network.instanceType, spec, path, report);
  const service = resolveServer({ ...input, coin });
  if (options === undefined || service === undefined) return undefined;
  const hostnames = Array.from({ length: count }, (_, position) => `node${position + 1}.${name}.internal`);
  const common = { coin, network, networkName: spec.network, options: options.value, hostnames, path, report };
  const daemons = hostnames.map((_, position) => resolveDaemons({ ...common, position, server: service.serverOf(position) }));
  const { leftBehindAtSec, ...releases } = resolveReleases(input, coin, architecture, daemons);
  const snapshot = resolveSnapshot({ coin, networkName: spec.network, spec: spec.restore, daemons: daemons[0] ?? [], path, report });
  if (volumes === undefined || snapshot === undefined) return undefined;
  const instanceType = spec.instanceType ?? network.instanceType;
  const nodes = hostnames.map((hostname, position): ResolvedNode => ({
    ...placeOf(input, hostnames, position),
    instanceType,
    hostname,
    daemons: daemons[position] ?? [],
    volume: volumes.of(nodeName(name, position)),
    ...service.accessOf(position),
  }));
  return {
    name,
    ...factsOf(coin),
    networkName: spec.network,
    isPrivateNetwork: network.kind === "private",
    architecture,
    ...releases,
    ports: network.ports,
    access: coin.access.filter(({ port }) => Object.hasOwn(network.ports, port)),
    ...(service.group === undefined ? {} : { server: service.group }),
    allowedCidrs: spec.allowedCidrs ?? [],
    options: options.value,
    snapshot,
    health: resolveHealth(network, {
      count,
      blockEverySec: spec.blockEverySec,
      tips: spec.tips,
      leftBehindAtSec,
    }),
    ...(spec.blockEverySec === undefined ? {} : { blockEverySec: spec.blockEverySec }),
    addresses: spec.addresses ?? "public",
    hasLoadBalancer: spec.loadBalancer ?? false,
    ...(backup === undefined ? {} : { backup }),
    ...withoutAPerson(input, network),
    ...resolveDrill({ ...common, name, backup, service, like: { instanceType, volume: volumes.group } }),
    formerly: spec.formerly ?? name,
    nodes,
  };
}

/** How its nodes are treated while nobody looks. */
const withoutAPerson = ({ selfHealing, spec }: GroupInput, network: Network): Pick<ResolvedGroup, "selfHealing" | "upgrade"> => ({
  selfHealing: resolveSelfHealing(selfHealing, spec.selfHealing),
  upgrade: resolveUpgrade(network, spec.upgrade),
});

type Releases = Pick<ResolvedGroup, "clients" | "release" | "next"> & Pick<ResolvedGroup["health"], "leftBehindAtSec">;

/** What its nodes run, what they take by themselves later, and when the network leaves both behind. */
function resolveReleases(
  input: GroupInput,
  coin: Coin,
  architecture: ResolvedGroup["architecture"],
  daemons: readonly (readonly Daemon[])[],
): Releases {
  const { spec, path, report } = input;
  const wanted = { coin, spec, used: clientsOf(daemons.flat()), architecture, path, report };
  const clients = resolveClients(wanted);
  const next = resolveNext({ ...wanted, clients, daemons: daemons[0] ?? [] });
  const leftBehindAtSec = checkUpgrades({ ...input, coin, networkName: spec.network, clients, next });
  return { clients, release: releaseId(clients), ...(next === undefined ? {} : { next }), leftBehindAtSec };
}

/** What is the same for every group of a coin. */
const factsOf = (
  coin: Coin,
): Pick<ResolvedGroup, "coin" | "coinName" | "symbol" | "secrets" | "holdsKeys" | "logAlarm" | "databaseSurvivesDowngrade"> => ({
  coin: coin.id,
  coinName: coin.name,
  symbol: coin.symbol,
  secrets: coin.secrets,
  holdsKeys: coin.keys !== "none",
  ...(coin.logAlarm === undefined ? {} : { logAlarm: coin.logAlarm }),
  databaseSurvivesDowngrade: coin.databaseSurvivesDowngrade,
});

type Place = Pick<ResolvedNode, "name" | "group" | "index" | "zoneIndex" | "siblings">;

const nodeName = (group: string, position: number): string => `${group}-${position + 1}`;

const placeOf = ({ name, zones }: GroupInput, hostnames: readonly string[], position: number): Place => ({
  name: nodeName(name, position),
  group: name,
  index: position + 1,
  zoneIndex: position % zones,
  siblings: hostnames.filter((_, other) => other !== position),
});

function checkName({ name, path, report }: GroupInput): void {
  if (!groupNamePattern.test(name)) report(problem(InvalidGroupName, { path, got: name }));
}

function findCoin({ coins, name, path, spec, report }: GroupInput): Coin | undefined {
  const id = spec.coin ?? name;
  const coin = Object.hasOwn(coins, id) ? coins[id] : undefined;
  if (coin === undefined) {
    report(problem(UnknownCoin, { path: spec.coin === undefined ? path : `${path}.coin`, got: id, allowed: Object.keys(coins) }));
    return undefined;
  }
  if (coin.status?.kind === "retired" && spec.acceptRetired !== true) {
    const { reason, since } = coin.status;
    report(problem(RetiredCoin, { path, got: id, fix: `Retired since ${since}: ${reason}. ${RetiredCoin.hint}` }));
  }
  return coin;
}

function findNetwork({ path, spec, report }: GroupInput, coin: Coin): Network | undefined {
  const network = Object.hasOwn(coin.networks, spec.network) ? coin.networks[spec.network] : undefined;
  if (network === undefined)
    report(problem(UnknownNetwork, { path: `${path}.network`, got: spec.network, allowed: Object.keys(coin.networks) }));
  return network;
}

function resolveCount({ path, spec, report }: GroupInput, maximum: number): number {
  const count = spec.count ?? 1;
  if (Number.isInteger(count) && count >= 1 && count <= maximum) return count;
  const fix = maximum === 1 ? "On this network the nodes of a group would not be alike: write 1, and a group for each." : InvalidCount.hint;
  report(problem(InvalidCount, { path: `${path}.count`, got: count, allowed: [maximum === 1 ? "1" : `1 to ${maximum}`], fix }));
  return 1;
}

function checkMemory({ path, spec, report }: GroupInput, network: Network): void {
  const { instanceType } = spec;
  const memoryMiB = instanceType === undefined ? undefined : instanceMemoryMiB(instanceType);
  if (memoryMiB === undefined || memoryMiB >= network.memoryMiB) return;
  const got = `${instanceType}: ${memoryMiB} MiB`;
  report(problem(TooLittleMemory, { path: `${path}.instanceType`, got, allowed: [`at least ${network.memoryMiB} MiB`] }));
}

/** Data that holds keys is never put back, so no snapshot of it is taken. */
function resolveBackup({ path, spec, backup, report }: GroupInput, coin: Coin): BackupSpec | undefined {
  const { enabled = true, ...own } = spec.backup ?? {};
  if (coin.keys === "none") {
    if (!enabled) return undefined;
    return {
      everyHours: own.everyHours ?? backup.everyHours,
      at: own.at ?? backup.at,
      keep: own.keep ?? backup.keep,
      copyTo: own.copyTo ?? backup.copyTo,
      drillEveryDays: own.drillEveryDays ?? backup.drillEveryDays,
    };
  }
  if (spec.backup !== undefined && enabled)
    report(problem(KeysForbidSnapshot, { path: `${path}.backup`, fix: "Remove `backup`: a node with keys never starts from old data." }));
  return undefined;
}

function checkNetwork(input: GroupInput, coin: Coin, network: Network, count: number): void {
  checkMining(input, coin, network);
  checkTips(input, network, count);
  checkMemory(input, network);
}

function checkMining({ path, spec, report }: GroupInput, coin: Coin, network: Network): void {
  if (spec.blockEverySec === undefined) return;
  const at = { path: `${path}.blockEverySec`, got: spec.blockEverySec };
  if (network.kind !== "private") {
    const isPrivate = (name: string): boolean => coin.networks[name]?.kind === "private";
    const others = Object.keys(coin.networks).filter(isPrivate);
    report(
      problem(NotAPrivateNetwork, {
        ...at,
        fix: `Remove \`blockEverySec\`, or choose a private network: ${others.join(", ") || "this coin has none"}.`,
      }),
    );
  } else if (typeof coin.produceBlock !== "function") {
    report(problem(CannotProduceBlocks, { ...at, fix: `Remove \`blockEverySec\`: ${coin.produceBlock.unsupported}.` }));
  }
}

function checkTips({ path, spec, report }: GroupInput, network: Network, count: number): void {
  if (network.kind === "private") return;
  const tips = spec.tips ?? network.tips;
  const got = tips.length + count - 1;
  if (got >= network.minimumTips) return;
  const text = `${tips.length} references, ${count - 1} siblings`;
  report(problem(TooFewTips, { path: `${path}.tips`, got: text, allowed: [`at least ${network.minimumTips} in all`] }));
}

function clientsOf(daemons: readonly Daemon[]): readonly string[] {
  return [...new Set(daemons.map((daemon) => daemon.client))];
}
