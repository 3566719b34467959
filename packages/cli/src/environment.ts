import { z } from "zod";
import { CliError } from "./cli-error.ts";
import { runProgram } from "./doctor/run-program.ts";
import { ownPrograms } from "./project.ts";

const variablesSchema = z.record(z.string(), z.string());
const sandboxSchema = z.looseObject({ state: z.string(), env: variablesSchema.nullish() });

// The first run may have to build Pulumi and its plugins.
const toolchainLimitMs = 45 * 60_000;

async function toolchainVariables(): Promise<Record<string, string>> {
  const { code, output, error } = await runProgram(ownPrograms.toolchain, ["env", "--json"], toolchainLimitMs, ["stderr"]);
  if (code === 0) return variablesSchema.parse(JSON.parse(output));
  throw new CliError("ToolUnavailable", {
    title: "The toolchain is not ready.",
    where: ownPrograms.toolchain,
    got: error.trim().split("\n").at(-1) ?? "",
    fix: "Run `npx coinfleet doctor`.",
    state: "No variable has been set.",
  });
}

/** The running sandbox's variables; none when it does not run. */
async function sandboxVariables(name: string): Promise<Record<string, string>> {
  const { output } = await runProgram(ownPrograms.sandbox, ["status", "--name", name, "--json"], 20_000);
  if (output.trim() === "") return {};
  const { state, env } = sandboxSchema.parse(JSON.parse(output));
  return state === "running" ? (env ?? {}) : {};
}

/** One `export` line for a shell, whatever the value holds. */
export const renderExport = (name: string, value: string): string => `export ${name}='${value.replaceAll("'", "'\\''")}'`;

/** Everything that `pulumi`, `packer`, `docker` and this command line need: the toolchain's variables and those of the running sandbox. */
export async function readEnvironment(sandbox: string): Promise<Record<string, string>> {
  const [tools, own] = await Promise.all([toolchainVariables(), sandboxVariables(sandbox)]);
  return { ...tools, ...own };
}
