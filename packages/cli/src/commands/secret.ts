import type { Command } from "commander";
import { positiveMinutes } from "../minutes.ts";
import { readInput } from "../read-input.ts";
import { Reporter } from "../reporter.ts";

interface RotateOptions {
  readonly environment: string;
  readonly keepValue?: true;
  readonly force?: true;
  readonly timeout: number;
}

export function register(program: Command): void {
  const secret = program.command("secret").description("secrets of the fleet; no value is ever printed");
  secret
    .command("rotate")
    .description("give a group's secrets new values and have its nodes take them, one after the other")
    .argument("<group>", "for example litecoin")
    .requiredOption("-e, --environment <name>", "its environment")
    .option("--keep-value", "the values are new already: the nodes alone")
    .option("--timeout <minutes>", "how long to wait for each node's health", positiveMinutes, 60)
    .option("--force", "also while a sibling is not synced or somebody else works on the group")
    .action(async (group: string, { environment, keepValue, force, timeout }: RotateOptions) => {
      const { rotateSecrets } = await import("../secret-rotate.ts");
      const { readStackFile } = await import("../stack-file.ts");
      const { fleet, place } = await readStackFile(environment);
      const reporter = new Reporter();
      const how = { makesValue: keepValue !== true, isForced: force === true, timeoutSec: timeout * 60 };
      await rotateSecrets(fleet, { group, region: place.region, ...how }, reporter);
      reporter.end();
    });
  secret
    .command("ensure")
    .description("give empty secrets their first value (JSON on stdin)")
    .action(async () => {
      const { ensureSecrets, secretSchema } = await import("../secret-ensure.ts");
      await ensureSecrets(await readInput("secret ensure", secretSchema), new Reporter());
    });
}
