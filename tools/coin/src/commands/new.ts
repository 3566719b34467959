import type { Command } from "commander";
import { askFor, flagOf, questions, readAnswers } from "../ask.ts";
import { choose } from "../choose.ts";
import { families } from "../families.ts";
import { projectRoot } from "../project.ts";
import { renderMissing } from "./missing.ts";

export function register(program: Command): void {
  const command = program
    .command("new")
    .description("write a coin's two files and register it; says what is still missing")
    .argument("<id>", "lower-case, with hyphens: folder, package and key in stack files")
    .requiredOption("--family <family>", `how its clients are run and asked: ${Object.keys(families).join(", ")}`);
  for (const [key, question] of Object.entries(questions)) command.option(`${flagOf(key)} <value>`, question);
  command.action(async (id: string, { family: familyName, ...given }: Record<string, string>) => {
    const [, family] = choose("family", families, familyName, false);
    const { newCoin } = await import("../new-coin.ts");
    const answers = readAnswers({ id, ...(process.stdin.isTTY ? await askFor(given) : given) });
    await newCoin(projectRoot, answers, family);
    process.stdout.write(
      `Written: coins/${id}/package.json and coins/${id}/index.ts. Registered in coins/index.ts and package-lock.json.\n`,
    );
    process.stdout.write(await renderMissing(id));
  });
}
