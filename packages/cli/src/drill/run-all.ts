import type { DrillPlan } from "@coinfleet/sdk";
import type { Reporter } from "../reporter.ts";
import { readPlans } from "./plans.ts";
import { daysSince, drillMetrics, publish, readRecord, type DrillOf } from "./record.ts";
import { runDrill, type DrillClients, type DrillOptions, type DrillResult } from "./run-drill.ts";

/** How a drill of a group ended. */
export type DrillOutcome = DrillResult | { readonly group: string; readonly of: DrillOf; readonly problem: string };

/** Groups at once: a drill waits for hours, and an environment has tens of groups. */
const atOnce = 4;

/** Whether the turn of a group's snapshots or copies has come. A day early, so that a daily schedule never runs into the next one. */
const isDue = (days: number, { everyDays }: Pick<DrillPlan, "everyDays">): boolean => days > everyDays - 1;

interface Due {
  readonly plan: DrillPlan;
  /** What of the group is due. One after the other: both make the group's one throw-away node. */
  readonly of: readonly DrillOf[];
}

/**
 * Drills every group whose last good one is too long ago, of its snapshots and of their copies, each by its own record. Publishes the age of each first, so that
 * silence means that nobody runs this.
 */
export async function runAll(options: DrillOptions, clients: DrillClients, reporter: Reporter): Promise<readonly DrillOutcome[]> {
  const due: Due[] = [];
  for (const plan of await readPlans(clients.ssm, options.environment))
    due.push({ plan, of: await dueOf(plan, options, clients, reporter) });
  const outcomes: DrillOutcome[] = [];
  const work = async (): Promise<void> => {
    for (let next = due.shift(); next !== undefined; next = due.shift())
      for (const of of next.of) {
        if (options.stop.aborted) return;
        const { group } = next.plan;
        outcomes.push(
          await runDrill(next.plan, of, options, clients, reporter).catch((error: unknown) => ({
            group,
            of,
            problem: error instanceof Error ? error.message : String(error),
          })),
        );
      }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return outcomes;
}

async function dueOf(
  plan: DrillPlan,
  { environment }: DrillOptions,
  { ssm, cloudWatch }: DrillClients,
  reporter: Reporter,
): Promise<readonly DrillOf[]> {
  const { group, everyDays, copies } = plan;
  const due: DrillOf[] = [];
  for (const of of ["snapshot", ...(copies === undefined ? [] : (["copy"] as const))] as const) {
    const drills = { environment, group, of };
    const days = daysSince(await readRecord(ssm, drills), Date.now());
    await publish(cloudWatch, drills, { [drillMetrics[of].daysSince]: days });
    if (isDue(days, plan)) due.push(of);
    else
      reporter.say(`${group}: last good drill${of === "copy" ? " of a copy" : ""} ${days.toFixed(1)} days ago, wanted every ${everyDays}`);
  }
  return due;
}
