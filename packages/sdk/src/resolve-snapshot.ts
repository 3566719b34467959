import type { Coin, Daemon, Snapshot } from "./coin.ts";
import { KeysForbidSnapshot, UnknownDaemon } from "./errors-data.ts";
import type { RestoreSpec } from "./fleet-spec.ts";
import { problem, type Problem } from "./problem.ts";

/** What {@link resolveSnapshot} is given. */
export interface SnapshotInput {
  readonly coin: Coin;
  readonly networkName: string;
  /** What the stack file says in place of the coin's own snapshot. */
  readonly spec: RestoreSpec | undefined;
  /** The daemons of a node of the group. */
  readonly daemons: readonly Daemon[];
  /** Key path of the group. */
  readonly path: string;
  report(found: Problem): void;
}

/** Where an empty volume gets its data: the archive of the stack file, or else what the coin says. */
export function resolveSnapshot({ coin, networkName, spec, daemons, path, report }: SnapshotInput): Snapshot | undefined {
  if (spec === undefined) return coin.snapshot[networkName];
  if (coin.keys !== "none") report(problem(KeysForbidSnapshot, { path: `${path}.restore`, got: spec.url, fix: "Remove `restore`." }));
  const names = daemons.map(({ name }) => name);
  const daemon = spec.daemon ?? (names.length === 1 ? names[0] : undefined);
  if (daemon === undefined || !names.includes(daemon)) {
    report(problem(UnknownDaemon, { path: `${path}.restore.daemon`, got: daemon ?? "nothing", allowed: names }));
    return undefined;
  }
  return { kind: "archive", url: spec.url, sha256: spec.sha256, format: spec.format, daemon };
}
