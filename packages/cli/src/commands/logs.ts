import type { Command } from "commander";
import { InvalidArgumentError } from "commander";

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `15m` → milliseconds. */
function duration(text: string): number {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const factor = Object.entries(unitMs).find(([name]) => name === unit)?.[1];
  if (amount === undefined || factor === undefined) throw new InvalidArgumentError("Write 30s, 15m, 2h or 1d.");
  return Number(amount) * factor;
}

export function register(program: Command): void {
  program
    .command("logs")
    .description("what a node's daemons and its agent say")
    .argument("<node>", "for example litecoin-1")
    .option("-e, --environment <name>", "needed where several environments have such a node")
    .option("--region <region>", "AWS region (default: AWS_REGION)")
    .option("-d, --daemon <name>", "only this container: a daemon's name, agent or restore")
    .option("--since <duration>", "how far back", duration, duration("10m"))
    .option("-f, --follow", "go on until Ctrl-C")
    .action(async (node: string, options: { environment?: string; region?: string; daemon?: string; since: number; follow?: true }) => {
      const { printLogs } = await import("../logs.ts");
      await printLogs({ node, ...options, isFollowing: options.follow === true, sinceMs: Date.now() - options.since }, (line) =>
        process.stdout.write(`${line}\n`),
      );
    });
}
