import type { CoinRegistry } from "@coinfleet/sdk";
import { CliError } from "../cli-error.ts";
import type { GitHub } from "./github-api.ts";
import { judgeRelease, type ReleaseRow } from "./judge-release.ts";
import { readReleases, type Listing } from "./read-releases.ts";
import { pinnedClients } from "./upstream.ts";

/** Compares what the chosen coins pin (none chosen: all) with what their upstreams have released. @throws CliError for a coin that does not exist */
export async function watchReleases(coins: CoinRegistry, chosen: readonly string[], github: GitHub): Promise<readonly ReleaseRow[]> {
  const stranger = chosen.find((coin) => !(coin in coins));
  if (stranger !== undefined)
    throw new CliError("InvalidInput", {
      title: "There is no such coin.",
      where: stranger,
      allowed: Object.keys(coins).join(", "),
      fix: "Name coins by their ids.",
      state: "Nothing has been changed.",
    });
  const rows: ReleaseRow[] = [];
  const known = new Map<string, Listing>();
  let limited: Listing | undefined;
  // One after the other: GitHub asks for it.
  for (const client of pinnedClients(coins, chosen)) {
    const repository = client.upstream?.repository;
    if (repository !== undefined && !known.has(repository)) known.set(repository, limited ?? (await readReleases(repository, github)));
    const listing = repository === undefined ? undefined : known.get(repository);
    if (listing !== undefined && "isLimited" in listing) limited = listing;
    rows.push(judgeRelease(client, listing));
  }
  return rows;
}
