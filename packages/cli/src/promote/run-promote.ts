import { writeFile } from "node:fs/promises";
import { CliError } from "../cli-error.ts";
import { runProgram } from "../doctor/run-program.ts";
import { inProject } from "../project.ts";
import { readStackFile, readStackText, stackFileOf } from "../stack-file.ts";
import { renderTable } from "../table.ts";
import { builtSchema, promote, type Built, type Environment } from "./promote.ts";

const outputsTimeoutMs = 60_000;

/** Promotes from one environment to another, and says what was written. */
export async function runPromote(from: string, to: string, what: Parameters<typeof promote>[1], isDryRun: boolean): Promise<void> {
  const [source, target, text] = [await environmentOf(from), await environmentOf(to), await readStackText(to)];
  const made = promote({ from: source, built: await builtBy(from), to: target, text, root: inProject("") }, what);
  if (!isDryRun) await writeFile(inProject(target.file), made.text);
  const verb = isDryRun ? "Would be written" : "Written";
  const lines = [
    ...(made.written.length === 0
      ? [`${target.file} has all that ${from} has built.`]
      : [`${verb} to ${target.file}:`, "", renderTable(["WHAT", "VALUE"], made.written)]),
    ...(what.images && made.ownImages.length > 0
      ? ["", `Not built by ${from}, so ${to} builds them itself:`, ...made.ownImages.map((key) => `  ${key}`)]
      : []),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

const environmentOf = async (name: string): Promise<Environment> => ({ config: await readStackFile(name), file: stackFileOf(name) });

/** What an environment's last update has exported. */
async function builtBy(stack: string): Promise<Built> {
  const { code, output, error } = await runProgram(
    "pulumi",
    ["stack", "output", "--json", "--stack", stack, "--cwd", inProject("")],
    outputsTimeoutMs,
  );
  const state = "Nothing has been changed.";
  const where = `outputs of stack ${stack}`;
  if (code !== 0) {
    throw new CliError("CommandFailed", {
      title: "pulumi cannot say what the stack has made.",
      where,
      got: error.trim(),
      fix: "Log in to the state that holds it: pulumi login.",
      state,
    });
  }
  const parsed = builtSchema.safeParse(JSON.parse(output));
  if (parsed.success) return parsed.data;
  throw new CliError("NotPromotable", {
    title: "The stack has built nothing yet.",
    where,
    got: "no images and machine images among them",
    fix: `Bring it up first: pulumi up --stack ${stack}.`,
    state,
  });
}
