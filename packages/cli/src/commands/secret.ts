import type { Command } from "commander";
import { readInput } from "../read-input.ts";
import { Reporter } from "../reporter.ts";

export function register(program: Command): void {
  program
    .command("secret")
    .description("secrets of the fleet")
    .command("ensure")
    .description("give empty secrets their first value; never prints one (JSON on stdin)")
    .action(async () => {
      const { ensureSecrets, secretSchema } = await import("../secret-ensure.ts");
      await ensureSecrets(await readInput("secret ensure", secretSchema), new Reporter());
    });
}
