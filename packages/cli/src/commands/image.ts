import type { Command } from "commander";
import { printResult } from "../print-result.ts";
import { readInput } from "../read-input.ts";
import { Reporter } from "../reporter.ts";

export function register(program: Command): void {
  program
    .command("image")
    .description("container images")
    .command("prepare")
    .description("fetch, verify and lay out the build context of an image (JSON on stdin); prints its folder")
    .action(async () => {
      const { imageSchema, prepareImage } = await import("../image-prepare.ts");
      const reporter = new Reporter();
      const directory = await prepareImage(await readInput("image prepare", imageSchema), process.cwd(), reporter);
      reporter.end();
      printResult(directory);
    });
}
