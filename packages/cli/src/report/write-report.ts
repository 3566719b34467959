import { readFile, writeFile } from "node:fs/promises";
import { parseStackFile, type StackConfig } from "@coinfleet/config";
import { assess, pricesSchema, renderNote, type Assessment, type Prices } from "@coinfleet/report";
import { coins } from "../../../../coins/index.ts";
import { inProject } from "../project.ts";
import { postNote } from "./post-note.ts";

/** A preview of one environment. */
export interface EventLog {
  readonly environment: string;
  readonly file: string;
}

interface ReportOptions {
  readonly events: readonly EventLog[];
  readonly out?: string;
  readonly post?: string;
  readonly json?: true;
}

/** Judges the previews, says so where it was asked to, and tells the worst verdict. */
export async function writeReport({ events, out, post, json }: ReportOptions): Promise<Assessment["verdict"]> {
  const prices = await readPrices();
  const assessments = await Promise.all(
    events.map(async ({ environment, file }) =>
      assess({ environment, events: await readFile(file, "utf8").catch(() => ""), config: await readConfig(environment), prices }),
    ),
  );
  const note = renderNote(assessments, prices);
  if (out !== undefined) await writeFile(out, note);
  if (post !== undefined) await postNote(post, note, process.env);
  const verdicts = assessments.map(({ environment, verdict, notes }) => ({ environment, verdict, notes }));
  if (json === true) process.stdout.write(`${JSON.stringify(verdicts, undefined, 2)}\n`);
  else if (out === undefined && post === undefined) process.stdout.write(note);
  const order = ["blocked", "needs care", "safe", "no change"] as const;
  return order.find((verdict) => assessments.some((one) => one.verdict === verdict)) ?? "no change";
}

async function readPrices(): Promise<Prices | undefined> {
  const text = await readFile(inProject("tools/coin/prices.json"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : pricesSchema.parse(JSON.parse(text));
}

/** A stack file that cannot be read has stopped the preview, which says why. */
async function readConfig(environment: string): Promise<StackConfig | undefined> {
  const file = `stacks/Pulumi.${environment}.yaml`;
  const text = await readFile(inProject(file), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const reading = parseStackFile(text, coins, { environment, file });
  return "config" in reading ? reading.config : undefined;
}
