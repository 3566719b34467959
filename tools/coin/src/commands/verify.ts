import type { Command } from "commander";
import { fetchOptions, projectRoot } from "../project.ts";
import { findCoin } from "../find-coin.ts";

export function register(program: Command): void {
  program
    .command("verify")
    .description("fetch and verify every pinned release of a coin: digest, signatures, archive, binaries")
    .argument("<id>", "the coin, for example litecoin")
    .option("--client <name>", "only this client")
    .option("--source <name>", "only this source")
    .option("--except-pending", "a digest that nobody knows yet is told, and is no failure: such a release previews and is never built")
    .action(async (id: string, { exceptPending, ...choice }: { client?: string; source?: string; exceptPending?: true }) => {
      const { verifyCoin } = await import("../verify-coin.ts");
      const coin = findCoin(id);
      let failed = 0;
      for await (const { client, source, version, architecture, outcome, said } of verifyCoin(coin, choice, fetchOptions(projectRoot))) {
        const isPending = exceptPending === true && said.startsWith("ReleasePending");
        if (outcome === "failed" && !isPending) failed++;
        process.stdout.write(
          `${(isPending ? "pending" : outcome).padEnd(9)} ${client} ${version} from ${source}, ${architecture}\n${said.replaceAll(/^/gm, "          ")}\n`,
        );
      }
      process.stdout.write(failed === 0 ? "Nothing failed.\n" : `${failed} failed.\n`);
      if (failed > 0) process.exitCode = 1;
    });
}
