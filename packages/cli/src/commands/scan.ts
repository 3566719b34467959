import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { inProject } from "../project.ts";

interface ScanOptions {
  readonly client?: string;
  readonly environment: string;
  readonly json?: true;
}

const unknown = (what: string, got: string, known: object): CliError =>
  new CliError("InvalidInput", {
    title: `There is no such ${what}.`,
    where: "coinfleet scan",
    got,
    allowed: Object.keys(known).join(", "),
    fix: "Name one of these.",
    state: "Nothing has been scanned.",
  });

export function register(program: Command): void {
  program
    .command("scan")
    .description(
      "build the images of a coin's pinned releases and scan them for known vulnerabilities (COINFLEET_SCANNER; else trivy or grype)",
    )
    .argument("<coin>", "the coin, for example litecoin")
    .option("--client <name>", "only this client")
    .option("-e, --environment <name>", "environment whose base image they are built on", "production")
    .option("--json", "print the same as JSON")
    .action(async (id: string, { client, environment, json }: ScanOptions) => {
      const { coins } = await import("../../../../coins/index.ts");
      const { baseImageOf, scanCoin } = await import("../scan/scan-coin.ts");
      const { describeScan } = await import("../scan/describe-scan.ts");
      const coin = coins[id];
      if (coin === undefined) throw unknown("coin", id, coins);
      if (client !== undefined && !(client in coin.clients)) throw unknown("client", client, coin.clients);
      const scans = await scanCoin(coin, {
        client,
        root: inProject(""),
        base: await baseImageOf(environment),
        scanner: process.env["COINFLEET_SCANNER"],
        say: (line) => void process.stderr.write(`${line}\n`),
      });
      process.stdout.write(json === true ? `${JSON.stringify(scans, undefined, 2)}\n` : `${scans.flatMap(describeScan).join("\n")}\n`);
      // What was found is for people to judge, and without a scanner there is nothing to say; a scan that failed must not pass for one.
      if (scans.some(({ scan }) => scan.state === "scan failed")) process.exitCode = 1;
    });
}
