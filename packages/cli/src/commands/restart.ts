import type { Command } from "commander";
import { positiveMinutes } from "../minutes.ts";
import { Reporter } from "../reporter.ts";

interface RestartOptions {
  readonly environment?: string;
  readonly region?: string;
  readonly reason: string;
  readonly force?: true;
  readonly timeout: number;
}

export function register(program: Command): void {
  program
    .command("restart")
    .description("stop a node within its own stop time, start it again, wait until it is as well as before")
    .argument("<node>", "for example litecoin-1")
    .option("-e, --environment <name>", "needed where several environments have such a node")
    .option("--region <region>", "AWS region (default: AWS_REGION)")
    .option("--reason <text>", "what is kept of it", "no reason given")
    .option("--timeout <minutes>", "how long to wait for its health", positiveMinutes, 60)
    .option("--force", "also when a sibling is not synced or somebody else works on the group")
    .action(async (node: string, { force, timeout, ...options }: RestartOptions) => {
      const { restartNode } = await import("../restart-run.ts");
      const reporter = new Reporter();
      await restartNode({ node, ...options, isForced: force === true, timeoutSec: timeout * 60 }, reporter);
      reporter.end();
    });
}
