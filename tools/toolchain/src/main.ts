import { diagnose } from "./diagnose.ts";
import type { ToolVerdict } from "./diagnose.ts";
import { printProgress } from "./report.ts";
import { ensureToolchain } from "./toolchain.ts";
import type { Toolchain } from "./toolchain.ts";

const usage = `Usage: toolchain <command> [--json]

  ensure   find, download or build the Pulumi CLI, its language host and its plugins
  doctor   say what was found where, what was tried and what to do; changes nothing
  env      print the variables to set, as shell commands: eval "$(toolchain env)"
`;

/** Runs one command of the toolchain and gives the exit code. */
async function main([command, ...flags]: readonly string[]): Promise<number> {
  const isJson = flags.includes("--json");
  if (command === "doctor") return doctor(isJson);
  if (command !== "ensure" && command !== "env") {
    process.stderr.write(usage);
    return 2;
  }
  const toolchain = await ensureToolchain({ onProgress: printProgress(process.stderr) });
  if (command === "ensure") process.stdout.write(isJson ? json(toolchain) : renderToolchain(toolchain));
  else process.stdout.write(isJson ? json(toolchain.env()) : renderVariables(toolchain.env()));
  return 0;
}

async function doctor(isJson: boolean): Promise<number> {
  const verdicts = await diagnose();
  process.stdout.write(isJson ? json(verdicts) : verdicts.map(renderVerdict).join(""));
  return verdicts.every(({ state }) => state === "ok") ? 0 : 1;
}

function renderVerdict({ name, wanted, state, found, tried, todo }: ToolVerdict): string {
  const lines = state === "ok" ? [`  ${found ?? ""}`] : [...tried.map((line) => `  tried  ${line}`), `  do     ${todo}`];
  return `${state.padEnd(8)}${name} ${wanted}\n${lines.join("\n")}\n`;
}

function renderToolchain({ pulumi, plugins }: Toolchain): string {
  const tools = Object.entries({ pulumi, ...plugins });
  return tools.map(([name, { version, source, path }]) => `${name.padEnd(8)} ${version.padEnd(8)} ${source}: ${path}\n`).join("");
}

function renderVariables(variables: Record<string, string>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
    .join("");
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
