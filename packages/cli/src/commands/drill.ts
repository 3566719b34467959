import type { Command } from "commander";
import { positiveMinutes } from "../minutes.ts";
import type { DrillOutcome } from "../drill/run-all.ts";
import type { DrillResult } from "../drill/run-drill.ts";
import { CliError } from "../cli-error.ts";

interface DrillCommandOptions {
  readonly environment: string;
  readonly region?: string;
  readonly all?: true;
  readonly copied?: true;
  readonly limitMinutes: number;
  readonly copyLimitMinutes: number;
  readonly json?: true;
}

/** Raised by Ctrl-C or the end of a job: what was made is removed first. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.once(name, () => stop.abort(new Error(`the drill was told to stop (${name})`)));
  return stop.signal;
}

async function refusal(environment: string, group: string): Promise<CliError> {
  const { coins } = await import("../../../../coins/index.ts");
  const { whyNone } = await import("../drill/why-none.ts");
  const { readStackFile } = await import("../stack-file.ts");
  const { spec } = await readStackFile(environment);
  return new CliError("NoDrills", {
    title: `There are no drills of ${group}.`,
    where: `stacks/Pulumi.${environment}.yaml`,
    got: whyNone(coins, spec.nodes, group),
    fix: "Where it may have drills: set `backup.drillEveryDays`, then `pulumi up`.",
    state: "Nothing has been changed.",
  });
}

async function drill(group: string | undefined, given: DrillCommandOptions): Promise<readonly DrillOutcome[]> {
  const { readPlan } = await import("../drill/plans.ts");
  const { runAll } = await import("../drill/run-all.ts");
  const { drillClients, runDrill } = await import("../drill/run-drill.ts");
  const { copiesOf } = await import("../drill/subject.ts");
  const { Reporter } = await import("../reporter.ts");
  const { environment, region, limitMinutes, copyLimitMinutes } = given;
  const options = { environment, region, limitSec: limitMinutes * 60, copyLimitSec: copyLimitMinutes * 60, stop: stopSignal() };
  const [clients, reporter] = [drillClients(region), new Reporter()];
  try {
    if (group === undefined) return await runAll(options, clients, reporter);
    const plan = await readPlan(clients.ssm, environment, group);
    if (plan === undefined) throw await refusal(environment, group);
    if (given.copied !== true) return [await runDrill(plan, "snapshot", options, clients, reporter)];
    copiesOf(plan);
    return [await runDrill(plan, "copy", options, clients, reporter)];
  } finally {
    reporter.end();
  }
}

const isGood = (outcome: DrillOutcome): outcome is DrillResult => "snapshotId" in outcome;

async function render(outcome: DrillOutcome): Promise<string> {
  const { formatDuration } = await import("@coinfleet/build/progress");
  if (!isGood(outcome)) return `${outcome.group}${outcome.of === "copy" ? ", copy" : ""}: FAILED\n${outcome.problem}`;
  const { group, snapshotId, copiedTo, recoverySec, dataAgeSec, block, sameAs } = outcome;
  return `${group}: ${snapshotId}${copiedTo === undefined ? "" : ` in ${copiedTo}`} is proven: synced after ${formatDuration(recoverySec)}, data ${formatDuration(dataAgeSec)} old, block ${block.height} as on ${sameAs.join(", ")}`;
}

export function register(program: Command): void {
  program
    .command("drill")
    .description("start a throw-away node from a group's newest snapshot or copy, compare its chain with the group's, and remove it")
    .argument("[group]", "for example litecoin; or --all")
    .requiredOption("-e, --environment <name>", "environment of the group")
    .option(
      "--all",
      "every group whose last good drill, of a snapshot or of a copy, is longer ago than its stack file allows: for a daily schedule",
    )
    .option("--copied", "from the newest copy in the other region (backup.copyTo), which is copied back first")
    .option("--region <region>", "AWS region (default: AWS_REGION)")
    .option("--limit-minutes <minutes>", "time for the node to be synced", positiveMinutes, 720)
    .option("--copy-limit-minutes <minutes>", "time for a copy to come back from the other region", positiveMinutes, 240)
    .option("--json", "print the outcome as JSON")
    .action(async (group: string | undefined, options: DrillCommandOptions) => {
      if ((group === undefined) !== (options.all === true)) program.error("Name one group, or say --all.");
      if (options.all === true && options.copied === true) program.error("--all holds the drills of copies too: leave --copied out.");
      const outcomes = await drill(group, options);
      const text = options.json === true ? JSON.stringify(outcomes, undefined, 2) : (await Promise.all(outcomes.map(render))).join("\n");
      process.stdout.write(`${text}\n`);
      if (!outcomes.every(isGood)) process.exitCode = 1;
    });
}
