import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import colors from "picocolors";

interface StatusOptions {
  readonly environment?: string;
  readonly region?: string;
  readonly json?: true;
  readonly watch?: number | true;
}

const defaultWatchSec = 5;

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 1) throw new InvalidArgumentError("Give seconds, at least 1.");
  return value;
}

async function showOnce(options: StatusOptions): Promise<string> {
  const { readStatus } = await import("../status/read-status.ts");
  const { renderStatus } = await import("../status/render-status.ts");
  const status = await readStatus(options);
  if (status.problems.length > 0) process.exitCode = 1;
  return options.json === true
    ? `${JSON.stringify(status, undefined, 2)}\n`
    : renderStatus(status, colors.createColors(process.stdout.isTTY && colors.isColorSupported));
}

async function watch(options: StatusOptions, everySec: number): Promise<void> {
  for (;;) {
    // A call that fails is shown, and tried again: whoever watches wants to see it come back.
    const text = await showOnce(options).catch((error: unknown) => `${error instanceof Error ? error.message : String(error)}\n`);
    process.stdout.write(options.json === true || !process.stdout.isTTY ? text : `\u001b[2J\u001b[H${text}`);
    await sleep(everySec * 1000);
  }
}

export function register(program: Command): void {
  program
    .command("status")
    .description("every node: release, height, lag, peers, disk, state, alarms")
    .option("-e, --environment <name>", "only this environment (default: all of the account and region)")
    .option("--region <region>", "AWS region (default: AWS_REGION)")
    .option("--json", "print the same as JSON")
    .option("-w, --watch [seconds]", `again and again (default: every ${defaultWatchSec} s)`, seconds)
    .action(async (options: StatusOptions) => {
      if (options.watch !== undefined) return watch(options, options.watch === true ? defaultWatchSec : options.watch);
      process.stdout.write(await showOnce(options));
      return undefined;
    });
}
