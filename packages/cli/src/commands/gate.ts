import type { Command } from "commander";
import { printResult } from "../print-result.ts";
import { readInput } from "../read-input.ts";
import { Reporter } from "../reporter.ts";

export function register(program: Command): void {
  program
    .command("gate")
    .description("apply a node's parameters, then wait until its group may go on (JSON on stdin)")
    .action(async () => {
      const [{ runGate }, { gateSchema }] = await Promise.all([import("../gate-run.ts"), import("../gate-steps.ts")]);
      const reporter = new Reporter();
      const result = await runGate(await readInput("gate", gateSchema), reporter);
      reporter.end();
      printResult(JSON.stringify(result));
    });
}
