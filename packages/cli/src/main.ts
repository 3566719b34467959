import { realpathSync } from "node:fs";
import { Command } from "commander";
import { register as registerAmi } from "./commands/ami.ts";
import { register as registerDetach } from "./commands/detach.ts";
import { register as registerDoctor } from "./commands/doctor.ts";
import { register as registerDrill } from "./commands/drill.ts";
import { register as registerEnv } from "./commands/env.ts";
import { register as registerExplain } from "./commands/explain.ts";
import { register as registerGate } from "./commands/gate.ts";
import { register as registerHold } from "./commands/hold.ts";
import { register as registerLogs } from "./commands/logs.ts";
import { register as registerPromote } from "./commands/promote.ts";
import { register as registerQuotas } from "./commands/quotas.ts";
import { register as registerReleases } from "./commands/releases.ts";
import { register as registerReplace } from "./commands/replace.ts";
import { register as registerReport } from "./commands/report.ts";
import { register as registerRestart } from "./commands/restart.ts";
import { register as registerRollout } from "./commands/rollout.ts";
import { register as registerScan } from "./commands/scan.ts";
import { register as registerSecret } from "./commands/secret.ts";
import { register as registerSnapshot } from "./commands/snapshot.ts";
import { register as registerStatus } from "./commands/status.ts";
import { isExplained } from "./cli-error.ts";

/** The whole command line. */
export function createProgram(): Command {
  const program = new Command("coinfleet")
    .description("Looks after a fleet of blockchain nodes on AWS.")
    .showHelpAfterError("(coinfleet --help)")
    .configureHelp({ sortSubcommands: false });
  for (const register of [
    registerStatus,
    registerLogs,
    registerExplain,
    registerHold,
    registerRestart,
    registerReplace,
    registerRollout,
    registerDrill,
    registerSnapshot,
  ])
    register(program);
  for (const register of [registerDoctor, registerEnv, registerQuotas, registerReleases, registerScan, registerPromote, registerReport])
    register(program);
  for (const register of [registerAmi, registerSecret, registerGate, registerDetach]) register(program);
  return program;
}

async function main(): Promise<void> {
  try {
    await createProgram().parseAsync();
  } catch (error) {
    process.stderr.write(
      `${isExplained(error) ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  }
}

if (realpathSync(process.argv[1] ?? "") === import.meta.filename) await main();
