import type { Coin, Upgrade } from "./coin.ts";
import { compareReleases } from "./compare-releases.ts";
import { UpgradeDue } from "./errors-data.ts";
import { problem, type Problem } from "./problem.ts";
import type { ResolvedClient } from "./resolved.ts";

const refusedBeforeDays = 14;
const dayMs = 86_400_000;

/** What {@link checkUpgrades} is given. */
export interface UpgradesInput {
  readonly coin: Coin;
  readonly networkName: string;
  readonly clients: readonly ResolvedClient[];
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
      fix: `${upgrade.name} ${whenOf(upgrade)}: nodes with an older release leave the network then. Choose a newer release, or another source of ${client.name}.`,
    });
    if (daysUntil(upgrade, now) > refusedBeforeDays) warn(found);
    else report(found);
  }
  const dates = missed.map(({ upgrade }) => Date.parse(`${dateOf(upgrade) ?? "1970-01-01"}T00:00:00Z`) / 1000);
  return dates.length === 0 ? undefined : Math.min(...dates);
}

/** The upgrades of a network that a client's release does not follow. */
function upgradesMissed({
  coin,
  networkName,
  clients,
}: Pick<UpgradesInput, "coin" | "networkName" | "clients">): readonly { upgrade: Upgrade; client: ResolvedClient }[] {
  return coin.upgrades
    .filter(({ network }) => network === networkName)
    .flatMap((upgrade) => {
      const client = clients.find(({ name }) => name === clientOf(coin, upgrade));
      return client === undefined || compareReleases(client.version, upgrade.release) >= 0 ? [] : [{ upgrade, client }];
    });
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
