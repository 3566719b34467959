import type { CoinRegistry } from "@coinfleet/sdk";
import type { Command } from "commander";
import { inProject } from "../project.ts";
import type { ReleaseRow } from "../releases/judge-release.ts";

interface ReleasesOptions {
  readonly json?: true;
  readonly propose?: true;
}

/** Opens the merge requests. @returns whether all went well */
async function propose(rows: readonly ReleaseRow[], coins: CoinRegistry): Promise<boolean> {
  const { mergeRequestsOf } = await import("../releases/choose-host.ts");
  const { proposeReleases } = await import("../releases/propose-releases.ts");
  const mergeRequests = mergeRequestsOf(process.env);
  // A secret that is not set is an empty variable in GitHub's workflows.
  const webhook = process.env["SLACK_WEBHOOK_URL"] || undefined;
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  const failed = await proposeReleases(rows, { root: inProject(""), coins, mergeRequests, webhook, say });
  return failed.length === 0;
}

export function register(program: Command): void {
  program
    .command("releases")
    .description("whether upstream has newer releases than the coins pin (GITHUB_TOKEN lifts GitHub's limit)")
    .argument("[coins...]", "coins by id; default: all")
    .option("--json", "print the same as JSON")
    .option(
      "--propose",
      "in a job of GitLab or GitHub: verify and scan each newer release and open its merge request, once (COINFLEET_RELEASE_TOKEN, COINFLEET_SCANNER, SLACK_WEBHOOK_URL)",
    )
    .action(async (chosen: readonly string[], { json, propose: isProposing }: ReleasesOptions) => {
      const { coins } = await import("../../../../coins/index.ts");
      const { watchReleases } = await import("../releases/watch-releases.ts");
      const { renderTable } = await import("../table.ts");
      const rows = await watchReleases(coins, chosen, {
        api: process.env["GITHUB_API_URL"] ?? "https://api.github.com",
        token: process.env["GITHUB_TOKEN"],
      });
      const cells = rows.map(({ coin, client, pinned, newest = "?", published = "", state, why, url = "" }) => [
        coin,
        client,
        pinned,
        newest,
        published,
        state,
        why ?? (state === "behind" ? url : ""),
      ]);
      const table = renderTable(["COIN", "CLIENT", "PINNED", "NEWEST", "PUBLISHED", "STATE", ""], cells);
      process.stdout.write(`${json === true ? JSON.stringify(rows, undefined, 2) : table}\n`);
      // A list of which nothing could be read has watched nothing.
      if (rows.every(({ state }) => state === "unknown")) process.exitCode = 1;
      if (isProposing === true && !(await propose(rows, coins))) process.exitCode = 1;
    });
}
