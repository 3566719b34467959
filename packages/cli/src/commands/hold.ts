import type { Command } from "commander";

interface HoldOptions {
  readonly environment?: string;
  readonly region?: string;
  readonly reason: string;
}

export function register(program: Command): void {
  const one = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .argument("<node>", "for example litecoin-1")
      .option("-e, --environment <name>", "needed where several environments have such a node")
      .option("--region <region>", "AWS region (default: AWS_REGION)");
  one("hold", "nothing restarts the node or grows its volume by itself, until it is released")
    .option("--reason <text>", "what others read in status", "no reason given")
    .action(async (node: string, { reason, ...options }: HoldOptions) => {
      const { holdNode } = await import("../hold-node.ts");
      process.stdout.write(`${await holdNode({ node, ...options }, reason)}\n`);
    });
  one("release", "ends a hold").action(async (node: string, options: Omit<HoldOptions, "reason">) => {
    const { releaseNode } = await import("../hold-node.ts");
    process.stdout.write(`${await releaseNode({ node, ...options })}\n`);
  });
}
