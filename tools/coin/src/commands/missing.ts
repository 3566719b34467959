import type { Command } from "commander";
import { projectRoot } from "../project.ts";

export function register(program: Command): void {
  program
    .command("missing")
    .description("what a coin still lacks, in the conformance suite's words")
    .argument("<id>", "the coin, for example litecoin")
    .action(async (id: string) => {
      process.stdout.write(await renderMissing(id));
    });
}

/** A line for each thing that a coin lacks. */
export async function renderMissing(id: string): Promise<string> {
  const { readMissingParts } = await import("../missing-parts.ts");
  const missing = await readMissingParts(projectRoot, id);
  if (missing.length === 0) return "Nothing is missing.\n";
  return `Still missing:\n${missing.map((what) => `- ${what}\n`).join("")}`;
}
