import type { Coin } from "@coinfleet/sdk";
import type { ReleaseRow } from "./judge-release.ts";

/** Title of a release's merge request. */
export const titleOf = ({ coin, client, pinned, newest = "" }: ReleaseRow): string =>
  `${coin}: ${client === coin ? "" : `${client} `}${pinned} → ${newest}`;

/** What a person should know before merging: where upstream's notes are, what has been verified, and what the coin says of its releases. `verified`: the bump's own words. */
export function describeRelease(row: ReleaseRow, coin: Coin, verified: string): string {
  const risks = [
    coin.databaseSurvivesDowngrade
      ? "The database survives a downgrade: a node that does not come through goes back to the old release by itself."
      : "The database does not survive a downgrade: a first node that does not come through may be held out of service, and comes back from the snapshot before.",
    ...(coin.keys === "none" ? [] : ["The node's data holds keys: no snapshot is taken before, and none may be put back."]),
    ...coin.upgrades.map(({ name, network, release, at }) => {
      const when = "date" in at ? at.date : `block ${at.height}${at.expected === undefined ? "" : `, expected on ${at.expected}`}`;
      return `Fork ${name} of ${network} (${when}) needs ${release} or later.`;
    }),
  ];
  return [
    `Upstream released ${row.newest ?? ""}${row.published === undefined ? "" : ` on ${row.published}`}${row.url === undefined ? "" : `: ${row.url}`}`,
    "",
    "Before merging:",
    ...risks.map((risk) => `- ${risk}`),
    "",
    "Verified:",
    "```",
    verified.trim(),
    "```",
    "",
  ].join("\n");
}
