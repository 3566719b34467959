import type { Command } from "commander";
import { printResult } from "../print-result.ts";
import { readInput } from "../read-input.ts";
import { Reporter } from "../reporter.ts";

export function register(program: Command): void {
  program
    .command("ami")
    .description("machine images")
    .command("build")
    .description("build the hosts' AMI with Packer, or find the one with this digest (JSON on stdin); prints its id")
    .action(async () => {
      const { amiSchema, ensureAmi } = await import("../ami-ensure.ts");
      const reporter = new Reporter();
      const image = await ensureAmi(await readInput("ami build", amiSchema), reporter);
      reporter.end();
      printResult(image);
    });
}
