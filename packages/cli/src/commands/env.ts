import type { Command } from "commander";

export function register(program: Command): void {
  program
    .command("env")
    .description('variables for the shell: eval "$(npx coinfleet env)"')
    .option("--name <sandbox>", "which sandbox, if one runs", "default")
    .option("--json", "print them as JSON")
    .action(async (options: { name: string; json?: true }) => {
      const { readEnvironment, renderExport } = await import("../environment.ts");
      const variables = await readEnvironment(options.name);
      const lines = Object.entries(variables).map(([name, value]) => renderExport(name, value));
      process.stdout.write(options.json === true ? `${JSON.stringify(variables, undefined, 2)}\n` : `${lines.join("\n")}\n`);
    });
}
