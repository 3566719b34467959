import type { Command } from "commander";

interface RolloutOptions {
  readonly environment: string;
  readonly release?: string;
  readonly dryRun?: true;
  readonly pauseAfterCanary?: true;
}

export function register(program: Command): void {
  program
    .command("rollout")
    .description("bring one group to what its stack file says, node by node, by `pulumi up` of that group alone")
    .argument("<group>", "for example litecoin")
    .requiredOption("-e, --environment <name>", "its environment")
    .option("--release <id>", "refuse when the stack file says another one, for example 0.21.5.6-upstream")
    .option("--pause-after-canary", "the group's first node alone; the next run goes on")
    .option("--dry-run", "say what it takes, and change nothing")
    .action(async (group: string, { environment, release, dryRun, pauseAfterCanary }: RolloutOptions) => {
      const { runRollout } = await import("../rollout/run-rollout.ts");
      const how = { isDryRun: dryRun === true, ...(pauseAfterCanary === true ? { node: `${group}-1` } : {}) };
      await runRollout({ environment, group, ...(release === undefined ? {} : { release }), ...how }, (text) =>
        process.stdout.write(`${text}\n`),
      );
    });
}
