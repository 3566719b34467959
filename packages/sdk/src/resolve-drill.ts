import type { Coin, Daemon, Network } from "./coin.ts";
import type { BackupSpec } from "./environment-spec.ts";
import type { Problem } from "./problem.ts";
import { resolveDaemons } from "./resolve-daemons.ts";
import type { Service } from "./resolve-server.ts";
import type { ResolvedGroup, ResolvedNode } from "./resolved.ts";

/** What {@link resolveDrill} is given. */
export interface DrillInput {
  readonly name: string;
  readonly coin: Coin;
  readonly network: Network;
  readonly networkName: string;
  readonly options: unknown;
  /** Of the group's nodes. */
  readonly hostnames: readonly string[];
  readonly backup: BackupSpec | undefined;
  readonly service: Service;
  readonly like: Pick<ResolvedNode, "instanceType" | "volume">;
  readonly path: string;
  report(found: Problem): void;
}

/** The throw-away node of a group's drills. None where there are no snapshots, where nobody asked, or where the network bears no further node. */
export function resolveDrill(input: DrillInput): Pick<ResolvedGroup, "drill"> {
  const { name, network, hostnames, backup, service, like } = input;
  const position = hostnames.length;
  if (backup === undefined || backup.drillEveryDays === 0 || position >= (network.maximumNodes ?? Infinity)) return {};
  const hostname = `drill.${name}.internal`;
  const daemons = resolveDaemons({ ...input, hostnames: [...hostnames, hostname], position, server: service.serverOf(position) });
  const node: ResolvedNode = {
    name: `${name}-drill`,
    group: name,
    index: position + 1,
    zoneIndex: 0,
    hostname,
    siblings: hostnames,
    // A daemon that finds nothing must not begin anew: it would prove that the network is there, and not that the snapshot is good.
    daemons: daemons.map(withoutFirstStart),
    ...like,
    ...service.accessOf(position),
  };
  const { drillEveryDays: everyDays, copyTo } = backup;
  return { drill: { everyDays, node, ...(copyTo === undefined ? {} : { copyTo }) } };
}

function withoutFirstStart(daemon: Daemon): Daemon {
  const { firstStart, ...rest } = daemon;
  return firstStart === undefined ? daemon : rest;
}
