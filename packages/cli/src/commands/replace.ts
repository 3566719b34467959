import type { Command } from "commander";

interface ReplaceCommandOptions {
  readonly environment: string;
  readonly snapshot?: string;
  readonly dryRun?: true;
  readonly rollout: boolean;
  readonly force?: true;
}

export function register(program: Command): void {
  program
    .command("replace")
    .description("give a node whose data is damaged a new volume from the newest good snapshot; the old volume is kept")
    .argument("<node>", "for example litecoin-2")
    .requiredOption("-e, --environment <name>", "its environment")
    .option("--snapshot <id>", "start from this one (default: the newest that a drill has proved, else a sibling's newest)")
    .option("--dry-run", "say what would be written, and change nothing")
    .option("--no-rollout", "write the stack file alone, for a merge request")
    .option("--force", "also when somebody else holds the node, or it is synced and a sibling is not")
    .action(async (node: string, { environment, snapshot, dryRun, rollout, force }: ReplaceCommandOptions) => {
      const { runReplace } = await import("../replace/run-replace.ts");
      const how = { isDryRun: dryRun === true, isWriteOnly: !rollout, isForced: force === true };
      await runReplace({ environment, node, snapshot, ...how }, (text) => process.stdout.write(`${text}\n`));
    });
}
