import { dirname } from "node:path";
import type { Command } from "commander";
import { coins } from "../../../../coins/index.ts";
import { CoinToolError } from "../coin-tool-error.ts";
import { coinFile, projectRoot } from "../project.ts";

interface ListOptions {
  readonly json?: true;
  readonly write?: true;
  readonly check?: true;
}

export function register(program: Command): void {
  program
    .command("list")
    .description("the catalogue: every coin, its client, networks, size, price, verification, and what is not supported")
    .option("--json", "the same as data, with the hand-written files and lines of each coin")
    .option("--write", "write the pages that show it: README.md and docs/coins.md")
    .option("--check", "fail if one of the pages shows something else")
    .action(async ({ json, write, check }: ListOptions) => {
      const { catalogueEntry } = await import("../catalogue.ts");
      const { readPrices } = await import("../monthly-cost.ts");
      const { families } = await import("../families.ts");
      const { renderCatalogue, renderFamilies, renderLimits, renderSizes } = await import("../render-catalogue.ts");
      const { stalePages, writePages } = await import("../written-pages.ts");
      const prices = readPrices();
      const entries = Object.values(coins).map((coin) => catalogueEntry(coin, dirname(coinFile(projectRoot, coin.id)), prices));
      const table = renderCatalogue(entries, prices);
      const limits = renderLimits(entries);
      const pages = [
        { path: "README.md", parts: { coins: table, families: renderFamilies(entries, families), sizes: renderSizes(entries, families) } },
        { path: "docs/coins.md", parts: { limits } },
      ];
      if (write === true) return writePages(projectRoot, pages);
      if (check !== true) {
        process.stdout.write(
          `${json === true ? JSON.stringify(entries, undefined, 2) : `${table}\n\nNot supported, or not known yet:\n\n${limits}`}\n`,
        );
        return;
      }
      const stale = stalePages(projectRoot, pages);
      if (stale.length === 0) return;
      throw new CoinToolError("NotEditable", {
        title: "The pages show another catalogue than the coins give.",
        where: stale.join(", "),
        fix: "Run `npm run coins -- --write` and read the difference.",
      });
    });
}
