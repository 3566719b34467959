import type { DrillPlan } from "@coinfleet/sdk";
import type { Reporter } from "../reporter.ts";
import { readPlans } from "./plans.ts";
import { daysSince, publish, readRecord } from "./record.ts";
import { runDrill, type DrillClients, type DrillOptions, type DrillResult } from "./run-drill.ts";

/** How the drill of a group ended. */
export type DrillOutcome = DrillResult | { readonly group: string; readonly problem: string };

/** At once: a drill waits for hours, and an environment has tens of groups. */
const atOnce = 4;

/** Whether a group's turn has come. A day early, so that a daily schedule never runs into the next one. */
const isDue = (days: number, { everyDays }: Pick<DrillPlan, "everyDays">): boolean => days > everyDays - 1;

/** Drills every group whose last good one is too long ago. Publishes the age of each first, so that silence means that nobody runs this. */
export async function runAll(options: DrillOptions, clients: DrillClients, reporter: Reporter): Promise<readonly DrillOutcome[]> {
  const { environment, stop } = options;
  const due: DrillPlan[] = [];
  for (const plan of await readPlans(clients.ssm, environment)) {
    const days = daysSince(await readRecord(clients.ssm, environment, plan.group), Date.now());
    await publish(clients.cloudWatch, environment, plan.group, { DaysSinceDrill: days });
    if (isDue(days, plan)) due.push(plan);
    else reporter.say(`${plan.group}: last good drill ${days.toFixed(1)} days ago, wanted every ${plan.everyDays}`);
  }
  const outcomes: DrillOutcome[] = [];
  const work = async (): Promise<void> => {
    for (let plan = due.shift(); plan !== undefined && !stop.aborted; plan = due.shift()) {
      const { group } = plan;
      outcomes.push(
        await runDrill(plan, options, clients, reporter).catch((error: unknown) => ({
          group,
          problem: error instanceof Error ? error.message : String(error),
        })),
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return outcomes;
}
