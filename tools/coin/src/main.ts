import { realpathSync } from "node:fs";
import { Command } from "commander";
import { isExplained } from "./coin-tool-error.ts";
import { register as registerBump } from "./commands/bump.ts";
import { register as registerList } from "./commands/list.ts";
import { register as registerMissing } from "./commands/missing.ts";
import { register as registerNew } from "./commands/new.ts";
import { register as registerVerify } from "./commands/verify.ts";

/** The whole command line. */
export function createProgram(): Command {
  const program = new Command("coin").description("For authors of coins.").showHelpAfterError("(npm run coin -- --help)");
  for (const register of [registerList, registerNew, registerMissing, registerVerify, registerBump]) register(program);
  return program;
}

async function main(): Promise<void> {
  try {
    await createProgram().parseAsync();
  } catch (error) {
    if (!isExplained(error)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

if (realpathSync(process.argv[1] ?? "") === import.meta.filename) await main();
