import { CliError } from "../cli-error.ts";
import { runProgram, type ProgramEnd } from "../doctor/run-program.ts";
import { inProject } from "../project.ts";
import { readStackFile, stackFileOf } from "../stack-file.ts";
import { chooseTargets, previewSchema } from "./choose-targets.ts";

/** What to roll out, and how far. */
export interface Rollout {
  readonly environment: string;
  readonly group: string;
  /** Release id that is expected; the stack file decides. @default - whatever it says */
  readonly release?: string;
  /** The one node whose changes are wanted. @default - all of the group */
  readonly node?: string;
  readonly isDryRun: boolean;
  /** What a failure is to say of the state of things. @default "The same command goes on from there." where something was done */
  readonly before?: string;
}

const previewLimitMs = 30 * 60_000;
// Each gate has its own limit, and knows better.
const updateLimitMs = 48 * 3_600_000;
const untouched = "Nothing has been changed.";

/** Brings one group to what its stack file says, by the engine: what is done is done, and the next run goes on from there. @throws {@link CliError} */
export async function runRollout(rollout: Rollout, say: (text: string) => void): Promise<void> {
  const { environment, group, node, isDryRun } = rollout;
  const release = await wantedRelease(rollout);
  say(`${group} of ${environment}: release ${release}. Previewing …`);
  const { targets, lines, nodes, left } = chooseTargets(await preview(rollout), group, node);
  if (targets.length === 0) return say(`${node ?? group} is what its stack file says.`);
  say(["It takes:", ...lines.map((line) => `  ${line}`)].join("\n"));
  if (node !== undefined) refuseSiblings(rollout, node, nodes);
  if (isDryRun) return;
  // No policy pack: its rules on the whole stack have been judged before the merge, and would fail a part of it after the fact.
  const flags = ["--yes", "--skip-preview", "--parallel", "16"];
  const chosen = targets.flatMap((urn) => ["--target", urn]);
  const end = await runProgram("pulumi", engineCall(environment, "up", ...flags, ...chosen), updateLimitMs, ["stdout", "stderr"]);
  if (end.code !== 0) throw failed(rollout, "pulumi up", end, "What the lines above say.");
  say(
    left === 0
      ? `${group}: ${release} is on all its nodes.`
      : `${group}: paused after ${node}; ${left} changes are left. \`coinfleet rollout ${group} --environment ${environment}\` goes on.`,
  );
}

async function wantedRelease({ environment, group: name, release }: Rollout): Promise<string> {
  const { fleet } = await readStackFile(environment);
  const where = stackFileOf(environment);
  const group = fleet.groups.find((one) => one.name === name);
  if (group === undefined) {
    throw new CliError("InvalidInput", {
      title: `The environment has no group ${name}.`,
      where,
      allowed: fleet.groups.map((one) => one.name).join(", "),
      fix: "Name one of its groups.",
      state: untouched,
    });
  }
  if (release === undefined || release === group.release) return group.release;
  throw new CliError("OtherRelease", {
    title: `The stack file says another release of ${name}.`,
    where,
    got: release,
    allowed: group.release,
    fix: "Only what is reviewed is rolled out: change the stack file first.",
    state: untouched,
  });
}

const engineCall = (environment: string, action: string, ...flags: readonly string[]): readonly string[] => [
  action,
  "--stack",
  environment,
  "--cwd",
  inProject(""),
  "--non-interactive",
  ...flags,
];

async function preview(rollout: Rollout): Promise<ReturnType<typeof previewSchema.parse>["steps"]> {
  const end = await runProgram("pulumi", engineCall(rollout.environment, "preview", "--json", "--show-sames"), previewLimitMs, ["stderr"]);
  if (end.code !== 0) throw failed(rollout, "pulumi preview", end, untouched);
  return previewSchema.parse(JSON.parse(end.output)).steps;
}

/** A node is not worth a restart of its sibling, which may be the only one that serves. */
function refuseSiblings(rollout: Rollout, node: string, nodes: readonly string[]): void {
  const { group, environment } = rollout;
  const others = nodes.filter((one) => one !== node);
  if (others.length === 0) return;
  throw new CliError("SiblingChangesFirst", {
    title: `Changes of a sibling come before those of ${node}.`,
    where: stackFileOf(environment),
    got: `changes of ${others.join(", ")} that have not been rolled out`,
    fix: `Check out what the environment runs, or take them out of the stack file; \`coinfleet rollout ${group} --environment ${environment}\` makes them all.`,
    state: stateOf(rollout, untouched),
  });
}

const stateOf = ({ before }: Rollout, state: string): string =>
  [before ?? (state === untouched ? undefined : "The same command goes on from there."), state]
    .filter((one) => one !== undefined)
    .join(" ");

function failed(rollout: Rollout, call: string, { code, output, error }: ProgramEnd, state: string): CliError {
  const { environment } = rollout;
  const isLocked = /currently locked/.test(output + error);
  return new CliError("CommandFailed", {
    title: `${call} has failed.`,
    where: `stack ${environment}`,
    got: isLocked ? "another update has the stack, or was killed and left its lock" : `exit code ${code ?? "none"}`,
    fix: isLocked ? `Wait for it; when it is surely dead: pulumi cancel --stack ${environment}.` : "Read what the engine says above.",
    state: stateOf(rollout, state),
  });
}
