import type { Command } from "commander";

interface ReleasesOptions {
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command("releases")
    .description("whether upstream has newer releases than the coins pin (GITHUB_TOKEN lifts GitHub's limit)")
    .argument("[coins...]", "coins by id; default: all")
    .option("--json", "print the same as JSON")
    .action(async (chosen: readonly string[], { json }: ReleasesOptions) => {
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
    });
}
