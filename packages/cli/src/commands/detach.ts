import type { Command } from "commander";
import { readInput } from "../read-input.ts";
import { Reporter } from "../reporter.ts";

export function register(program: Command): void {
  program
    .command("detach")
    .description("drain a node and unmount its data volume, before the volume moves (JSON on stdin)")
    .action(async () => {
      const { detachSchema, runDetach } = await import("../detach-run.ts");
      const reporter = new Reporter();
      await runDetach(await readInput("detach", detachSchema), reporter);
      reporter.end();
    });
}
