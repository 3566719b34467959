/**
 * `npm run bench:report`: how long the previews of a coin-only change take, against the biggest stack alone. New stacks in a backend of their own, with the
 * policy pack and event log as in the pipeline; no AWS is asked but for who we are. The last line is JSON. Fails where the goal is not met.
 */
import { readdirSync, readFileSync } from "node:fs";
import { touchedStacks, type StackFacts } from "@coinfleet/report";
import { parse } from "yaml";
import { startIdentityServer } from "../engine/identity-server.ts";
import { TestStack, type StackFile } from "../engine/support.ts";

const goal = { ratioToBiggest: 1.5 };
const atOnce = 2;

interface Measured extends StackFacts {
  readonly config: StackFile;
  readonly nodes: number;
}

function stacks(): readonly Measured[] {
  const folder = new URL("../../stacks/", import.meta.url);
  return readdirSync(folder).flatMap((file) => {
    const stack = /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1];
    if (stack === undefined) return [];
    const { config } = parse(readFileSync(new URL(file, folder), "utf8")) as { config: StackFile };
    const { nodes } = config["coinfleet:fleet"] as { nodes: Record<string, { coin?: string; count?: number }> };
    const groups = Object.entries(nodes);
    const count = groups.reduce((sum, [, group]) => sum + (group.count ?? 1), 0);
    return [{ stack, config, coins: groups.map(([name, { coin }]) => coin ?? name), nodes: count }];
  });
}

async function preview({ stack, config }: Measured): Promise<void> {
  const { server, env } = await startIdentityServer(String([config["aws:allowedAccountIds"]].flat()[0]));
  const made = await TestStack.create(stack, { ...env, PULUMI_DEBUG_COMMANDS: "true" });
  try {
    await made.write(config);
    const { code, stdout } = await made.run([
      "preview",
      "--non-interactive",
      "--policy-pack",
      "packages/policy",
      "--event-log",
      "preview.events",
    ]);
    if (code !== 0) throw new Error(`the preview of ${stack} failed:\n${stdout}`);
  } finally {
    await made.remove();
    server.close();
  }
}

/** Seconds, the copy of the checkout and the new stack included. */
async function together(chosen: readonly Measured[]): Promise<number> {
  const started = Date.now();
  const waiting = [...chosen];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await preview(next);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return (Date.now() - started) / 1000;
}

const all = stacks();
const alone: (readonly [Measured, number])[] = [];
for (const one of all) alone.push([one, await together([one])]);
const [biggest, biggestSec] = alone.reduce((one, other) => (other[1] > one[1] ? other : one));
// The coin that most stacks run: the change of one coin that touches most.
const coin = [...new Set(all.flatMap(({ coins }) => coins))].sort((a, b) => users(b) - users(a) || a.localeCompare(b))[0] ?? "";
function users(id: string): number {
  return all.filter(({ coins }) => coins.includes(id)).length;
}
const touched = touchedStacks([`coins/${coin}/index.ts`], all);
const sec = await together(touched.flatMap((name) => all.filter(({ stack }) => stack === name)));
const lines = [
  ...alone.map(([{ stack, nodes }, seconds]) => `${stack.padEnd(14)} ${String(nodes).padStart(4)} nodes  ${seconds.toFixed(1)} s alone`),
  `a change of ${coin} touches ${touched.join(", ")}: ${sec.toFixed(1)} s, ${atOnce} at once`,
];
const ratio = sec / biggestSec;
const met = ratio <= goal.ratioToBiggest;
const seconds = (number: number): number => Number(number.toFixed(1));
const figures = {
  bench: "report",
  coin,
  stacks: touched.length,
  changeSec: seconds(sec),
  biggest: biggest.stack,
  biggestNodes: biggest.nodes,
  biggestAloneSec: seconds(biggestSec),
  ratioToBiggest: Number(ratio.toFixed(2)),
};
process.stdout.write(`${lines.join("\n")}\n${JSON.stringify({ ...figures, goal, met })}\n`);
if (!met) process.exitCode = 1;
