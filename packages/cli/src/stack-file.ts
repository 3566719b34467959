import { readFile } from "node:fs/promises";
import { parseStackFile, type StackConfig } from "@coinfleet/config";
import { CliError } from "./cli-error.ts";
import { inProject } from "./project.ts";

/** Path of an environment's stack file in the project. */
export const stackFileOf = (environment: string): string => `stacks/Pulumi.${environment}.yaml`;

/** Text of an environment's stack file. @throws {@link CliError} `InvalidInput` where there is none */
export async function readStackText(environment: string): Promise<string> {
  const file = stackFileOf(environment);
  return readFile(inProject(file), "utf8").catch((cause: unknown) => {
    throw new CliError(
      "InvalidInput",
      {
        title: "The stack file cannot be read.",
        where: file,
        got: String(cause),
        fix: "Name an environment of stacks/.",
        state: "Nothing has been changed.",
      },
      { cause },
    );
  });
}

/** An environment's stack file, read as the program reads it. @throws {@link CliError} `InvalidInput` with all that is wrong with it */
export async function readStackFile(environment: string): Promise<StackConfig> {
  return checkStackText(environment, await readStackText(environment));
}

/** A stack file's text, read as the program reads it. @throws {@link CliError} `InvalidInput` with all that is wrong with it */
export async function checkStackText(environment: string, text: string): Promise<StackConfig> {
  const { coins } = await import("../../../coins/index.ts");
  const file = stackFileOf(environment);
  const reading = parseStackFile(text, coins, { environment, file });
  if ("config" in reading) return reading.config;
  throw new CliError("InvalidInput", {
    title: "The stack file has mistakes.",
    where: file,
    got: `\n${reading.text}`,
    fix: "Mend them first.",
    state: "Nothing has been changed.",
  });
}
