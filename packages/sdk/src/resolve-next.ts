import type { Daemon } from "./coin.ts";
import { compareReleases } from "./compare-releases.ts";
import { NextNotNewer } from "./errors-data.ts";
import type { NextReleaseSpec } from "./fleet-spec.ts";
import { problem } from "./problem.ts";
import { releaseId, resolveClients, type ClientsInput } from "./resolve-clients.ts";
import type { ResolvedClient, ResolvedNext } from "./resolved.ts";
import type { UpgradeMoment } from "./upgrade-moment.ts";

/** What {@link resolveNext} is given. */
export interface NextInput extends Omit<ClientsInput, "release"> {
  /** What runs until then. */
  readonly clients: readonly ResolvedClient[];
  /** Of one of the group's nodes. */
  readonly daemons: readonly Daemon[];
}

/** The release that the group's nodes take by themselves, or nothing: none is named, or the reasons have been reported. */
export function resolveNext(input: NextInput): ResolvedNext | undefined {
  const { spec, used, clients, daemons, report } = input;
  const next = spec.upgrade?.next;
  if (next === undefined) return undefined;
  const path = `${input.path}.upgrade.next.release`;
  const named = used.filter((name) => Object.hasOwn(next.release, name));
  const found = resolveClients({ ...input, used: named, release: { versions: next.release, path } });
  if (named.length === 0) report(problem(NextNotNewer, { path, got: next.release, allowed: used.map((name) => `a newer ${name}`) }));
  for (const { name, version } of clients) {
    const wanted = found.find((one) => one.name === name);
    if (wanted === undefined || compareReleases(wanted.version, version) > 0) continue;
    report(problem(NextNotNewer, { path: `${path}.${name}`, got: wanted.version, allowed: [`newer than ${version}`] }));
  }
  const all = clients.map((client) => found.find(({ name }) => name === client.name) ?? client);
  return { release: releaseId(all), clients: all, at: momentOf(next, daemons) };
}

function momentOf({ atHeight, atTime }: NextReleaseSpec, daemons: readonly Daemon[]): UpgradeMoment {
  if (atTime !== undefined) return { time: atTime };
  if (atHeight === undefined) throw new Error("the schema lets no next release without a height or a time pass");
  const writer = daemons.find(({ upgradeFile }) => upgradeFile !== undefined);
  const file = writer?.upgradeFile === undefined ? {} : { file: `${writer.dataOf ?? writer.name}/${writer.upgradeFile}` };
  return { height: atHeight, ...file };
}
