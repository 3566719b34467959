import type { CoinRegistry, GroupSpec } from "@coinfleet/sdk";

/** Why a group has no drills, from what its stack file and its coin say. */
export function whyNone(coins: CoinRegistry, groups: Readonly<Record<string, GroupSpec>>, name: string): string {
  const group = groups[name];
  if (group === undefined) return `the stack file has no group of this name; it has ${Object.keys(groups).join(", ")}`;
  const coin = coins[group.coin ?? name];
  if (coin === undefined) return "its coin is not known here";
  if (coin.keys !== "none")
    return "its data holds keys: a second node from an old copy of them can lose what they guard, so nobody starts one, not even for a drill";
  if (group.backup?.enabled === false) return "nobody takes snapshots of it: `backup.enabled` is false";
  return "the stack file asks for none (`backup.drillEveryDays`), or has not been applied since; or its network bears no further node";
}
