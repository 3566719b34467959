import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
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
    .option("--write", "write the tables into README.md")
    .option("--check", "fail if README.md shows others")
    .action(async ({ json, write, check }: ListOptions) => {
      const { catalogueEntry } = await import("../catalogue.ts");
      const { readPrices } = await import("../monthly-cost.ts");
      const { families } = await import("../families.ts");
      const { renderCatalogue, renderFamilies } = await import("../render-catalogue.ts");
      const { withPart } = await import("../readme-part.ts");
      const prices = readPrices();
      const entries = Object.values(coins).map((coin) => catalogueEntry(coin, dirname(coinFile(projectRoot, coin.id)), prices));
      const text = renderCatalogue(entries, prices);
      if (write !== true && check !== true) {
        process.stdout.write(`${json === true ? JSON.stringify(entries, undefined, 2) : text}\n`);
        return;
      }
      const file = join(projectRoot, "README.md");
      const page = readFileSync(file, "utf8");
      const wanted = withPart(withPart(page, "coins", text), "families", renderFamilies(entries, families));
      if (write === true) writeFileSync(file, wanted);
      else if (page !== wanted) {
        throw new CoinToolError("NotEditable", {
          title: "README.md shows another catalogue than the coins give.",
          where: "README.md",
          fix: "Run `npm run coins -- --write` and read the difference.",
        });
      }
    });
}
