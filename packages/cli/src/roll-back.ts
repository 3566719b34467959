import { formatDuration } from "@coinfleet/build/progress";
import { wayBack } from "./canary-snapshot.ts";
import { CliError, type CliErrorName } from "./cli-error.ts";
import { Deadline } from "./deadline.ts";
import { applyAndWait, setWanted, type Gate, type Running } from "./gate-steps.ts";
import { runDocument } from "./ssm-command.ts";

/** A release that did not come through. */
interface Failure {
  /** What ran before it. */
  readonly old: Running;
  readonly wasSynced: boolean;
  /** Snapshot of the data as the old release left it. */
  readonly snapshotId: string | undefined;
  readonly cause: unknown;
}

/** What says something about a release. A service that refuses or does not answer says nothing about it, and would refuse the way back too. */
const verdicts: ReadonlySet<string> = new Set<CliErrorName>(["GateTimeout", "CommandFailed", "GateForked"]);

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Puts a node back to its old release. Its host refuses one whose database does not survive that, by the marker on the volume; such a node is held out of service.
 * @returns what to throw: what happened, and what state everything is in
 */
export async function rollBack(gate: Gate, failure: Failure): Promise<unknown> {
  const { input, reporter } = gate;
  const { old, wasSynced, cause } = failure;
  if (!(cause instanceof Error) || !verdicts.has(cause.name)) return cause;
  reporter.say(cause.message);
  if (old.asWanted === undefined) {
    reporter.say(
      `${input.node}: its host has not said which images ${old.release} had, so it cannot go back by itself. If the release is to blame: ${wayOut(gate, failure)}`,
    );
    return cause;
  }
  reporter.say(`${input.node}: ${input.release.release} did not come through; back to ${old.release}`);
  const startedMs = Date.now();
  const back: Gate = { ...gate, input: { ...input, release: old.asWanted }, deadline: new Deadline(input.timeoutSec) };
  try {
    await setWanted(back, old.asWanted);
    await applyAndWait(back, { wasSynced, soakSec: 0 });
  } catch (problem) {
    return holdOut(gate, failure, problem);
  }
  return new CliError(
    "RolledBack",
    {
      title: `${input.node} did not come through with ${input.release.release} and is back on ${old.release}.`,
      where: `${input.node} (${input.instanceId})`,
      got: firstLines(cause.message),
      fix: `Find out why: \`coinfleet logs ${input.node}\`. The next update tries ${input.release.release} again; the old release in the stack file ends that.`,
      state: `${input.node} is well with ${old.release}, ${formatDuration((Date.now() - startedMs) / 1000)} later; later nodes of ${input.group} have not been touched.`,
    },
    { cause },
  );
}

/** Neither release runs: the node is stopped and stays so over a reboot, until the next update. */
async function holdOut(gate: Gate, failure: Failure, problem: unknown): Promise<CliError> {
  const { input, ssm, reporter, pollMs } = gate;
  const { old, cause } = failure;
  reporter.say(textOf(problem));
  reporter.say(`${input.node}: ${old.release} does not come back either; taking the node out of service`);
  const deadline = new Deadline(input.timeoutSec);
  const end = await runDocument(ssm, input.drainDocument, input.instanceId, deadline, pollMs, () => undefined).catch((error: unknown) => ({
    status: textOf(error),
  }));
  const drained = end?.status === "Success";
  return new CliError(
    "HeldOutOfService",
    {
      title: `${input.node} runs neither ${input.release.release} nor ${old.release}.`,
      where: `${input.node} (${input.instanceId})`,
      got: `${firstLines(textOf(cause))}\n           then, with ${old.release}: ${firstLines(textOf(problem))}`,
      fix: `If the release is to blame: ${wayOut(gate, failure)}. Otherwise mend the cause and run the update again.`,
      state: `${input.node} is ${drained ? "stopped and out of service until the next update" : `not stopped: its host said ${end?.status ?? "nothing"}`}; its volume is as it was left; later nodes of ${input.group} have not been touched.`,
    },
    { cause },
  );
}

/** What to do where the release is to blame. */
const wayOut = ({ input }: Gate, { snapshotId }: Failure): string =>
  snapshotId === undefined
    ? `a newer release in the stack file; or the old one there, and \`coinfleet replace ${input.node} --environment ${input.environment}\` with a --snapshot from before it`
    : wayBack(snapshotId, input);

/** What a failure was, without its advice. */
function firstLines(message: string): string {
  const end = message.search(/\n {2}(fix|allowed|state) /);
  return end === -1 ? message : message.slice(0, end).replace(/\n {2}(where|got) +/g, "; ");
}
