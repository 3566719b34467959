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

/** Reports releases that an upgrade of the network leaves behind: as a problem from 14 days before it, as a warning until then. */
export function checkUpgrades({ coin, networkName, clients, path, now, report, warn }: UpgradesInput): void {
  for (const upgrade of coin.upgrades.filter(({ network }) => network === networkName)) {
    const client = clients.find(({ name }) => name === clientOf(coin, upgrade));
    if (client === undefined || compareReleases(client.version, upgrade.release) >= 0) continue;
    const found = problem(UpgradeDue, {
      path: `${path}.release.${client.name}`,
      got: client.version,
      allowed: [`${upgrade.release} or newer`],
      fix: `${upgrade.name} ${whenOf(upgrade)}: nodes with an older release leave the network then. Choose a newer release, or another source of ${client.name}.`,
    });
    if (daysUntil(upgrade, now) > refusedBeforeDays) warn(found);
    else report(found);
  }
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
