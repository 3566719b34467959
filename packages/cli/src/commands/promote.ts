import type { Command } from "commander";

interface PromoteOptions {
  readonly images?: true;
  readonly machineImages?: true;
  readonly dryRun?: true;
}

export function register(program: Command): void {
  program
    .command("promote")
    .description("write what one environment has built, images by digest and AMIs by id, into the stack file of another")
    .argument("<from>", "environment that has been brought up, for example staging")
    .argument("<to>", "environment whose stack file is written, for example production")
    .option("--images", "images only")
    .option("--machine-images", "machine images only")
    .option("--dry-run", "say what would be written, and write nothing")
    .action(async (from: string, to: string, { images, machineImages, dryRun }: PromoteOptions) => {
      const { runPromote } = await import("../promote/run-promote.ts");
      const both = images === undefined && machineImages === undefined;
      await runPromote(from, to, { images: both || images === true, machineImages: both || machineImages === true }, dryRun === true);
    });
}
