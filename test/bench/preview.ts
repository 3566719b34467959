/**
 * `npm run bench:preview`: a first preview of 30 coins with two nodes each against `terraform plan` of the same graph by the same AWS provider, one after the
 * other in the same run; memory of the program; where its time goes; and how both grow from 10 to 100 coins. No AWS is asked but for who we are. Needs a
 * `terraform`, which runs as it is, and once more with the toolchain's setting of Go's garbage collection. The last line is JSON. `BENCH_ROUNDS` says how
 * often they are timed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fewerCollections } from "@coinfleet/build";
import { startIdentityServer } from "../engine/identity-server.ts";
import { TestStack, type StackFile } from "../engine/support.ts";
import { recordProgram } from "../program/record-program.ts";
import { watched, type Used } from "./preview/process-tree.ts";
import { profileShares } from "./preview/profile-shares.ts";
import { Terraform } from "./preview/terraform.ts";
import { terraformGraph } from "./preview/terraform-graph.ts";
import { wideStack } from "./preview/wide-stack.ts";

const goal = { ratioToTerraform: 1, programMiB: 600, resources: 1000 };
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 3);
const coinsCompared = 30;
const coinsGrowing = [10, 40, 70, 100];
const region = "eu-central-1";

interface Preview {
  readonly seconds: number;
  readonly resources: number;
  readonly used: readonly Used[];
}

const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const isProgram = ({ command }: Used): boolean => command.includes("/cmd/run ") || command.includes("cmd/run/index");
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const programMiB = ({ used }: Preview): number => Math.max(...used.filter(isProgram).map(({ peakMiB }) => peakMiB));

/** A first preview of a stack that has nothing yet. */
async function preview(stack: TestStack): Promise<Preview> {
  const { result, used } = await watched(() => stack.run(["preview", "--non-interactive"]));
  if (result.code !== 0) throw new Error(`the preview failed:\n${result.stdout.slice(-4000)}\n${result.stderr.slice(-4000)}`);
  if (!used.some(isProgram)) throw new Error("the program's process was not seen");
  return { seconds: result.seconds, resources: Number(/^ +\+ (\d+) to create$/m.exec(result.stdout)?.[1]), used };
}

/** Processor time and memory by the names of the programs. */
function usedByProgram(used: readonly Used[]): string {
  const names: readonly (readonly [string, RegExp])[] = [
    ["program", /\/cmd\/run[ /]/],
    ["bridge", /pulumi-resource-aws/],
    ["AWS provider", /terraform-provider-aws/],
    ["engine", /(^|\/)pulumi (preview|--)/],
    ["other plugins", /./],
  ];
  const byName = Map.groupBy(used, ({ command }) => names.find(([, pattern]) => pattern.test(command))?.[0] ?? "");
  return [...byName]
    .map(([name, processes]) => {
      const sum = (of: (process: Used) => number): number => processes.reduce((total, process) => total + of(process), 0);
      return `${name} ${sum(({ cpuSec }) => cpuSec).toFixed(1)} s and ${sum(({ peakMiB }) => peakMiB).toFixed(0)} MiB`;
    })
    .join(", ");
}

async function withStack<T>(config: StackFile, api: Readonly<Record<string, string>>, work: (stack: TestStack) => Promise<T>): Promise<T> {
  const stack = await TestStack.create("bench", api);
  try {
    await stack.write(config);
    return await work(stack);
  } finally {
    await stack.remove();
  }
}

/** Seconds of each part of the program, in a run of its own: a profile costs time. */
async function shares(stack: TestStack): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "coinfleet-profile-"));
  try {
    await preview(stack.withEnv({ NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}` }));
    const parts = profileShares(folder);
    const whole = [...parts.values()].reduce((sum, seconds) => sum + seconds, 0);
    say(`where the program's ${whole.toFixed(1)} s go, with a profiler:`);
    for (const [part, seconds] of parts)
      say(`  ${part.padEnd(38)} ${seconds.toFixed(2).padStart(6)} s ${((100 * seconds) / whole).toFixed(0).padStart(3)} %`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** How well a straight line fits: 1 is exactly. */
function linearity(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [mx, my] = [mean(([x]) => x), mean(([, y]) => y)];
  const [xy, xx, yy] = [mean(([x, y]) => (x - mx) * (y - my)), mean(([x]) => (x - mx) ** 2), mean(([, y]) => (y - my) ** 2)];
  return xy ** 2 / (xx * yy);
}

const config = wideStack(coinsCompared);
const account = String([config["aws:allowedAccountIds"]].flat()[0]);
const { server, env: api } = await startIdentityServer(account);
const terraform = await Terraform.create(api);
try {
  const graph = terraformGraph((await recordProgram("bench", config)).resources, await terraform.schemas(), region);
  await terraform.write(graph.text);
  const previews: Preview[] = [];
  const plans: number[] = [];
  const tunedPlans: number[] = [];
  await withStack(config, api, async (stack) => {
    await preview(stack);
    for (let round = 1; round <= rounds; round++) {
      const [one, plan, tunedPlan] = [await preview(stack), await terraform.plan(), await terraform.plan(fewerCollections)];
      if (plan.toAdd !== graph.count) throw new Error(`terraform plans ${plan.toAdd} of ${graph.count} resources`);
      previews.push(one);
      plans.push(plan.seconds);
      tunedPlans.push(tunedPlan.seconds);
      say(
        `round ${round}: preview ${one.seconds.toFixed(1)} s, program ${programMiB(one).toFixed(0)} MiB; terraform plan ${plan.seconds.toFixed(1)} s, with GOGC ${tunedPlan.seconds.toFixed(1)} s`,
      );
      say(`  processor time and memory of the preview: ${usedByProgram(one.used)}`);
    }
    await shares(stack);
  });
  const growth: (readonly [coins: number, seconds: number, resources: number, mib: number])[] = [];
  for (const coins of coinsGrowing) {
    const one = await withStack(wideStack(coins), api, preview);
    growth.push([coins, one.seconds, one.resources, programMiB(one)]);
    say(
      `${String(coins).padStart(3)} coins: ${one.resources} resources and components, ${one.seconds.toFixed(1)} s, program ${programMiB(one).toFixed(0)} MiB`,
    );
  }
  const straight = linearity(growth.map(([, seconds, resources]) => [resources, seconds]));
  say(`seconds over resources: a straight line fits with r² = ${straight.toFixed(3)}`);
  const ratioTo = (others: readonly number[]): number => median(previews.map(({ seconds }, index) => seconds / (others[index] ?? 0)));
  const ratio = ratioTo(plans);
  const mib = Math.max(...previews.map(programMiB));
  const met = ratio <= goal.ratioToTerraform && mib <= goal.programMiB && graph.count >= goal.resources;
  const figures = {
    bench: "preview",
    coins: coinsCompared,
    resources: graph.count,
    previewSec: Number(median(previews.map(({ seconds }) => seconds)).toFixed(1)),
    terraformPlanSec: Number(median(plans).toFixed(1)),
    ratioToTerraform: Number(ratio.toFixed(2)),
    ratioToTunedTerraform: Number(ratioTo(tunedPlans).toFixed(2)),
    programMiB: Math.round(mib),
    growthLinearity: Number(straight.toFixed(3)),
  };
  process.stdout.write(`${JSON.stringify({ ...figures, goal, met })}\n`);
  if (!met) process.exitCode = 1;
} finally {
  await terraform.remove();
  server.close();
}
