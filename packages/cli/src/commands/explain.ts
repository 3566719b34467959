import type { Command } from "commander";

interface ExplainOptions {
  readonly node?: string;
  readonly environment?: string;
  readonly region?: string;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command("explain")
    .description("an alarm: what it means, what has happened, what to do")
    .argument("<alarm>", "its id as status shows it, or its whole name")
    .option("-n, --node <node>", "of this node, whatever state its alarm is in (default: those in ALARM)")
    .option("-e, --environment <name>", "only this environment (default: all of the account and region)")
    .option("--region <region>", "AWS region (default: AWS_REGION)")
    .option("--json", "print the same as JSON")
    .action(async (alarm: string, { json, ...options }: ExplainOptions) => {
      const { readExplanation } = await import("../explain/read-explanation.ts");
      const { renderExplanation } = await import("../explain/render-explanation.ts");
      const explanation = await readExplanation({ alarm, ...options });
      if (explanation.problems.length > 0) process.exitCode = 1;
      process.stdout.write(json === true ? `${JSON.stringify(explanation, undefined, 2)}\n` : renderExplanation(explanation));
    });
}
