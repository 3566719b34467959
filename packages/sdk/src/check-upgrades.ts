import type { Coin, Upgrade } from "./coin.ts";
import { compareReleases } from "./compare-releases.ts";
import { UpgradeDue } from "./errors-data.ts";
import { problem, type Problem } from "./problem.ts";
import type { ResolvedClient, ResolvedNext } from "./resolved.ts";
import type { UpgradeMoment } from "./upgrade-moment.ts";

const refusedBeforeDays = 14;
const dayMs = 86_400_000;

/** What {@link checkUpgrades} is given. */
export interface UpgradesInput {
  readonly coin: Coin;
  readonly networkName: string;
  readonly clients: readonly ResolvedClient[];
  /** What the nodes take by themselves, later. */
  readonly next: ResolvedNext | undefined;
  /** Key path of the group in the stack file. */
  readonly path: string;
  readonly now: Date;
  report(found: Problem): void;
  warn(found: Problem): void;
}

/**
 * Reports releases that an upgrade of the network leaves behind: as a problem from 14 days before it, as a warning until then.
 * @returns when the earliest of those upgrades is, Unix seconds; 0 where only its height is known
 */
export function checkUpgrades({ path, now, report, warn, ...running }: UpgradesInput): number | undefined {
  const missed = upgradesMissed(running);
  for (const { upgrade, client } of missed) {
    const found = problem(UpgradeDue, {
      path: `${path}.release.${client.name}`,
      got: client.version,
      allowed: [`${upgrade.release} or newer`],
      fix: `${upgrade.name} ${whenOf(upgrade)}: nodes with an older release leave the network then. Choose a newer release, another source of ${client.name}, or one that \`upgrade.next\` brings in time.`,
    });
    if (daysUntil(upgrade, now) > refusedBeforeDays) warn(found);
    else report(found);
  }
  const dates = missed.map(({ upgrade }) => Date.parse(`${dateOf(upgrade) ?? "1970-01-01"}T00:00:00Z`) / 1000);
  return dates.length === 0 ? undefined : Math.min(...dates);
}

/** The upgrades of a network that a client's release does not follow, nor the one that takes over from it by then. */
function upgradesMissed({
  coin,
  networkName,
  clients,
  next,
}: Pick<UpgradesInput, "coin" | "networkName" | "clients" | "next">): readonly { upgrade: Upgrade; client: ResolvedClient }[] {
  const follows = (client: ResolvedClient | undefined, upgrade: Upgrade): boolean =>
    client !== undefined && compareReleases(client.version, upgrade.release) >= 0;
  return coin.upgrades
    .filter(({ network }) => network === networkName)
    .flatMap((upgrade) => {
      const isItsClient = ({ name }: ResolvedClient): boolean => name === clientOf(coin, upgrade);
      const client = clients.find(isItsClient);
      if (client === undefined || follows(client, upgrade)) return [];
      const isBrought = next !== undefined && isInTime(next.at, upgrade) && follows(next.clients.find(isItsClient), upgrade);
      return isBrought ? [] : [{ upgrade, client }];
    });
}

/**
 * Whether a release that takes over at a moment is there for an upgrade. A client that waits for it stops before the upgrade's block; another one must have
 * reached an earlier block, because its old release cannot reach that one. A height and a day cannot be compared: nothing here knows when a height comes.
 */
function isInTime(moment: UpgradeMoment, upgrade: Upgrade): boolean {
  if ("height" in moment) {
    const last = moment.file === undefined ? moment.height + 1 : moment.height;
    return "height" in upgrade.at && last <= upgrade.at.height;
  }
  const date = dateOf(upgrade);
  return date !== undefined && moment.time.slice(0, date.length) <= date;
}

/** The client that an upgrade concerns. */
export function clientOf(coin: Coin, upgrade: Upgrade): string | undefined {
  return upgrade.client ?? Object.keys(coin.clients)[0];
}

const dateOf = ({ at }: Upgrade): string | undefined => ("date" in at ? at.date : at.expected);

function daysUntil(upgrade: Upgrade, now: Date): number {
  const date = dateOf(upgrade);
  return date === undefined ? 0 : (Date.parse(`${date}T00:00:00Z`) - now.getTime()) / dayMs;
}

function whenOf(upgrade: Upgrade): string {
  const date = dateOf(upgrade);
  const height = "height" in upgrade.at ? `at height ${upgrade.at.height}` : "";
  const parts = [height, date === undefined ? "" : height === "" ? `on ${date}` : `(expected on ${date})`];
  return parts.filter((part) => part !== "").join(" ");
}
