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
    .requiredOption("--family <family>", "how its clients are run and asked: one of the list below")
    .addHelpText("after", `\nFamilies:\n${familyLines().join("\n")}`);
  for (const [key, question] of Object.entries(questions)) command.option(`${flagOf(key)} <value>`, question);
  command.action(async (id: string, { family: familyName, ...given }: Record<string, string>) => {
    const [, family] = choose("family", families, familyName, false);
    const { newCoin } = await import("../new-coin.ts");
    const answers = readAnswers(family, { id, ...(process.stdin.isTTY ? await askFor(family, given) : given) });
    await newCoin(projectRoot, answers, family);
    process.stdout.write(
      `Written: coins/${id}/package.json and coins/${id}/index.ts. Registered in coins/index.ts and package-lock.json.\n`,
    );
    process.stdout.write(await renderMissing(id));
  });
}

/** Each family, what its clients are, and what it asks no author for. */
function familyLines(): readonly string[] {
  const width = Math.max(...Object.keys(families).map(({ length }) => length));
  return Object.entries(families).map(([name, { about, fixed }]) => {
    const known = Object.keys(fixed).map(flagOf);
    return `  ${name.padEnd(width)}  ${about}${known.length === 0 ? "" : ` (without ${known.join(", ")})`}`;
  });
}
