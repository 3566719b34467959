import type { Coin } from "@coinfleet/sdk";
import type { ReleaseRow } from "./judge-release.ts";

/** Title of a release's merge request. */
export const titleOf = ({ coin, client, pinned, newest = "" }: ReleaseRow): string =>
  `${coin}: ${client === coin ? "" : `${client} `}${pinned} → ${newest}`;

/** What was found out about a release. */
export interface ReleaseFindings {
  /** The bump's own words. */
  readonly verified: string;
  /** What the scan of its image has come to, as Markdown. */
  readonly scan: readonly string[];
  /** Why it is a draft. Undefined: it is none. */
  readonly objection: string | undefined;
}

/** What a person should know before merging: where upstream's notes are, what has been verified and scanned, and what the coin says of its releases. */
export function describeRelease(row: ReleaseRow, coin: Coin, { verified, scan, objection }: ReleaseFindings): string {
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
    ...(objection === undefined ? [] : [`**A draft**: ${objection}. Who accepts that marks it as ready.`, ""]),
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
    "Known vulnerabilities of the image:",
    "",
    ...scan,
    "",
  ].join("\n");
}
