import { text } from "node:stream/consumers";
import type { z } from "zod";
import { CliError } from "./cli-error.ts";

/** Reads the one JSON object that a command gets on standard input. @throws {@link CliError} `InvalidInput` with every mistake */
export async function readInput<T>(
  command: string,
  schema: z.ZodType<T>,
  input: AsyncIterable<Buffer> & { readonly isTTY?: boolean } = process.stdin,
): Promise<T> {
  const state = "Nothing has been changed.";
  const where = `standard input of \`coinfleet ${command}\``;
  if (input.isTTY === true) {
    throw new CliError("InvalidInput", {
      title: "This command reads one JSON object.",
      where,
      fix: "The Pulumi program calls it; see packages/aws/CLI-CONTRACT.md to call it by hand.",
      state,
    });
  }
  const given = await text(input);
  let parsed: unknown;
  try {
    parsed = JSON.parse(given);
  } catch {
    throw new CliError("InvalidInput", {
      title: "Input is not JSON.",
      where,
      got: given === "" ? "nothing" : `${given.length} characters`,
      fix: "Send one JSON object.",
      state,
    });
  }
  const result = schema.safeParse(parsed);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join(".") || "(top)"}: ${issue.message}`);
  throw new CliError("InvalidInput", {
    title: "Input is not what this command takes.",
    where,
    got: problems.join("; "),
    fix: "Program and command line are of different versions. Run `npm ci`.",
    state,
  });
}
