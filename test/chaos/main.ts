/**
 * `npm run test:chaos`: a sandbox fleet of three groups of two nodes, and a random sequence of faults on each, one after the other and all groups at once. After each
 * fault every node of the group must come back by itself, with its file system and its chain. `CHAOS_FAULTS` says how many (200), `CHAOS_SEED` repeats a
 * sequence. The last line is JSON.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { FleetUnderTest } from "../fleet/fleet-under-test.ts";
import { fleetOf } from "../fleet/stack.ts";
import { TipServer } from "../fleet/tip-server.ts";
import { randomOf } from "../support/random-of.ts";
import { faultsOf } from "./faults.ts";
import { blockHash, dataFacts, HonestyWatch, type DataFacts } from "./invariants.ts";

const total = Number(process.env["CHAOS_FAULTS"] ?? 200);
const seed = Number(process.env["CHAOS_SEED"] ?? Date.now() % 1_000_000);
const recoveryLimitSec = 600;
const blockEverySec = 10;
const groups = ["litecoin", "second", "third"] as const;

const fleet = await FleetUnderTest.start(`chaos-${process.pid}`);
const tips = new Map<string, readonly TipServer[]>();
const started = Date.now();
const recoveriesSec: number[] = [];
const problems: string[] = [];
const say = (text: string): void => void process.stdout.write(`${((Date.now() - started) / 1000).toFixed(0).padStart(6)} s  ${text}\n`);

try {
  for (const group of groups) tips.set(group, [await TipServer.start(fleet.outerAddress), await TipServer.start(fleet.outerAddress)]);
  say(`seed ${seed}: making the fleet`);
  await fleet.up(fleetOf(Object.fromEntries(groups.map((group) => [group, groupOf(group)]))));
  for (const group of groups) for (const tip of tips.get(group) ?? []) tip.follow(async () => bestHeight([`${group}-1`, `${group}-2`]));
  await Promise.all(
    groups.map((group, lane) => runLane(group, Math.floor(total / groups.length) + (lane < total % groups.length ? 1 : 0), seed + lane)),
  );
} finally {
  for (const tip of [...tips.values()].flat()) tip.stop();
  await fleet.remove();
}

const sorted = recoveriesSec.toSorted((a, b) => a - b);
const quantile = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
const figures = {
  seed,
  faults: total,
  survived: recoveriesSec.length,
  medianSec: quantile(0.5),
  p95Sec: quantile(0.95),
  maxSec: sorted.at(-1) ?? 0,
};
for (const problem of problems) process.stdout.write(`PROBLEM ${problem}\n`);
const met = problems.length === 0 && recoveriesSec.length === total;
process.stdout.write(`${JSON.stringify({ bench: "chaos", ...figures, problems: problems.length, goal: "every fault survived", met })}\n`);
process.exitCode = met ? 0 : 1;

function groupOf(group: string): Record<string, unknown> {
  const references = (tips.get(group) ?? []).map(({ url }, n) => ({ name: `reference-${n + 1}`, url, height: "" }));
  return { coin: "litecoin", network: "regtest", count: 2, sources: { litecoind: "debian" }, blockEverySec, tips: references };
}

async function bestHeight(nodes: readonly string[]): Promise<number | undefined> {
  const heights = await Promise.all(nodes.map(async (node) => (await fleet.agent(node).catch(() => undefined))?.probe?.height ?? 0));
  return Math.max(...heights) || undefined;
}

/** Faults on one group, until they are all survived or one is not. */
async function runLane(group: string, count: number, laneSeed: number): Promise<void> {
  const nodes = [`${group}-1`, `${group}-2`];
  const random = randomOf(laneSeed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const faults = faultsOf(fleet, tips.get(group) ?? [], random);
  await recovered(nodes);
  const first = new Map<string, DataFacts>();
  for (const node of nodes) first.set(node, await dataFacts(fleet, node));
  const settled = Math.max(1, Math.min(...[...first.values()].map(({ height }) => height)) - 2);
  const settledHash = await blockHash(fleet, nodes[0] ?? "", settled);
  const watch = new HonestyWatch(fleet, nodes);
  const watching = new AbortController();
  const watched = watchUntil(watch, watching.signal);
  try {
    for (let number = 1; number <= count; number++) {
      const [fault, node] = [pick(faults), pick(nodes)];
      const lastsSec = Math.round((fault.lastsSec ?? 0) * random());
      const title = `${group} ${number}/${count}: ${fault.name} on ${node}${lastsSec === 0 ? "" : ` for ${lastsSec} s`}`;
      await fault.cause(node);
      await sleep(lastsSec * 1000);
      await fault.cure?.(node);
      const cured = Date.now();
      // What is killed is not seen to be down at once.
      await sleep(15_000);
      await recovered(nodes);
      const seconds = Math.round((Date.now() - cured) / 1000);
      for (const one of nodes) await sameData(one, first.get(one), settled, settledHash);
      recoveriesSec.push(seconds);
      say(`${title}: recovered in ${seconds} s`);
    }
  } catch (error) {
    problems.push(`${group}: ${error instanceof Error ? error.message : String(error)}`);
    say(`${group}: ${problems.at(-1) ?? ""}`);
  } finally {
    watching.abort();
    await watched;
    problems.push(...watch.violations);
    say(`${group}: ${watch.looks} looks at what its nodes say of themselves, ${watch.violations.length} lies`);
  }
}

async function recovered(nodes: readonly string[]): Promise<void> {
  for (const node of nodes)
    await fleet.untilAgent(node, "synced", ({ isSynced, probedAt }) => isSynced && Date.now() / 1000 - probedAt < 30, recoveryLimitSec);
}

async function sameData(node: string, first: DataFacts | undefined, settled: number, hash: string): Promise<void> {
  const now = await dataFacts(fleet, node);
  if (now.volume !== first?.volume) throw new Error(`${node} has another file system: ${now.volume}, and had ${first?.volume}`);
  if (now.height < settled) throw new Error(`${node} has lost its chain: height ${now.height}, and had ${settled}`);
  const found = await blockHash(fleet, node, settled);
  if (found !== hash) throw new Error(`${node} has another block ${settled}: ${found}, and had ${hash}`);
}

async function watchUntil(watch: HonestyWatch, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await watch.look();
    await sleep(10_000, undefined, { signal: stop }).catch(() => undefined);
  }
}
