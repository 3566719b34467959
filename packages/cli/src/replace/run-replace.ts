import { writeFile } from "node:fs/promises";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";
import type { StackConfig } from "@coinfleet/config";
import { volumeName, type ResolvedGroup, type ResolvedNode } from "@coinfleet/sdk";
import { awsSettings } from "../aws-call.ts";
import { CliError } from "../cli-error.ts";
import { findSnapshot, findSnapshots } from "../drill/snapshots.ts";
import { wasSyncedSince } from "../node-health.ts";
import { inProject } from "../project.ts";
import { runRollout } from "../rollout/run-rollout.ts";
import { checkStackText, readStackText, stackFileOf } from "../stack-file.ts";
import { chooseSource, describeSnapshot, type Damaged, type Source } from "./choose-source.ts";
import { decide, type Decision } from "./decide.ts";
import { changedLines, editReplacement } from "./edit-replacement.ts";
import { readVolumes, type NodeVolumes } from "./read-volumes.ts";
import { refuseInUse } from "./refuse-in-use.ts";

/** Whose data to replace, and how far to go. */
export interface ReplaceOptions {
  readonly environment: string;
  readonly node: string;
  /** Snapshot to start from. @default - the newest that is known to be good */
  readonly snapshot?: string | undefined;
  readonly isDryRun: boolean;
  /** Whether the stack file alone is written. */
  readonly isWriteOnly: boolean;
  /** Also when somebody else holds the node, or it is the only one that serves. */
  readonly isForced: boolean;
}

interface Target {
  readonly options: ReplaceOptions;
  readonly config: StackConfig;
  readonly text: string;
  readonly group: ResolvedGroup;
  readonly node: ResolvedNode;
  readonly volumes: NodeVolumes;
  readonly ec2: EC2Client;
  readonly say: (text: string) => void;
}

const untouched = "Nothing has been changed.";
/** From the host's first minute on, what CloudWatch has is of the new volume. */
const settleMs = 60_000;

/**
 * Gives a node a new volume from the newest good snapshot, by its stack file and the engine; the old volume is kept, and siblings are not touched. A second run
 * goes on with the first. @throws {@link CliError}
 */
export async function runReplace(options: ReplaceOptions, say: (text: string) => void): Promise<void> {
  const target = await findTarget(options, say);
  const { group, node, config } = target;
  const { environment } = options;
  const hold = await refuseInUse({ ...options, region: config.place.region, group: group.name, say });
  const decision = await decideFor(target);
  const file = stackFileOf(environment);
  if (decision.kind === "write") {
    const isWritten = await write(target, decision);
    if (!isWritten) return say("Nothing has been written.");
  } else {
    say(`${file} asks for ${currentVolume(target)} already, and ${node.name} has not been synced with it: no further volume is made.`);
    say("To start from another snapshot: --snapshot.");
  }
  if (options.isWriteOnly)
    return say(`To be rolled out: \`coinfleet rollout ${group.name} --environment ${environment}\`, or a merge request.`);
  const before = `${file} is written; the same command, or \`coinfleet rollout ${group.name} --environment ${environment}\`, goes on from there. The old volume is kept.`;
  await runRollout({ environment, group: group.name, node: node.name, isDryRun: options.isDryRun, before }, say);
  if (options.isDryRun) return;
  say(
    [
      `${node.name} has its new volume; \`coinfleet status\` shows how far it is. Its old one is kept, under \`retired.volumes\`.`,
      `Commit ${file}: an update without these lines is refused.`,
      ...(hold === undefined ? [] : [`${node.name} is held by ${hold.by}: \`coinfleet release ${node.name}\` when it is well.`]),
    ].join("\n"),
  );
}

const currentVolume = ({ node }: Pick<Target, "node">): string => volumeName(node.name, node.volume.generation);

async function findTarget(options: ReplaceOptions, say: (text: string) => void): Promise<Target> {
  const { environment } = options;
  const text = await readStackText(environment);
  const config = await checkStackText(environment, text);
  const { groups } = config.fleet;
  const group = groups.find(({ nodes }) => nodes.some(({ name }) => name === options.node));
  const node = group?.nodes.find(({ name }) => name === options.node);
  const where = stackFileOf(environment);
  if (group === undefined || node === undefined)
    throw new CliError("NodeNotFound", {
      title: "The stack file has no such node.",
      where,
      got: options.node,
      allowed: groups.flatMap(({ nodes }) => nodes.map(({ name }) => name)).join(", "),
      fix: "Write a node's name as `coinfleet status` shows it.",
      state: untouched,
    });
  if (group.holdsKeys)
    throw new CliError("NotReplaceable", {
      title: `${node.name}'s data holds keys.`,
      where,
      got: `${group.coinName}: a node from an old copy of its keys can lose what they guard`,
      fix: "docs/lightning.md says how such a node is brought back.",
      state: untouched,
    });
  const volumes = await readVolumes(environment, node.name, currentVolume({ node }));
  const ec2 = new EC2Client(awsSettings(config.place.region));
  return { options, config, text, group, node, volumes, ec2, say };
}

const replacedOf = ({ config, group, node }: Target): { readonly snapshot?: string | undefined } | undefined =>
  config.spec.nodes[group.name]?.volume?.replaced?.[node.name];

async function decideFor(target: Target): Promise<Decision> {
  const { config, node, volumes, options } = target;
  const line = replacedOf(target);
  if (line === undefined && volumes.volumeId === undefined)
    throw new CliError("NotReplaceable", {
      title: `${node.name} has no volume yet.`,
      where: `state of stack ${options.environment}`,
      got: `no ${currentVolume(target)}`,
      fix: "Make it first: `pulumi up`.",
      state: untouched,
    });
  const { place } = config;
  const hasWorked =
    volumes.attachedMs !== undefined &&
    (await wasSyncedSince(
      new CloudWatchClient(awsSettings(place.region)),
      { environment: options.environment, node: node.name },
      volumes.attachedMs + settleMs,
    ));
  const { generation } = node.volume;
  const state = { generation, snapshot: line?.snapshot, isReplaced: line !== undefined, isMade: volumes.volumeId !== undefined, hasWorked };
  return decide(state, options.snapshot);
}

/** @returns whether the stack file has been written */
async function write(target: Target, { generation, isRetiring }: Extract<Decision, { kind: "write" }>): Promise<boolean> {
  const { options, text, group, node, volumes, say } = target;
  const { environment } = options;
  const damaged: Damaged = { environment, group: group.name, node: node.name, retired: volumes.retired };
  const { chosen, newer } = await sourceOf(target, damaged);
  say(`${node.name} of ${environment}: a new volume from ${describeSnapshot(chosen, damaged)}.`);
  for (const one of newer) say(`  not taken: ${describeSnapshot(one, damaged)}`);
  const changed = editReplacement(text, {
    group: group.name,
    node: node.name,
    generation,
    snapshot: chosen.id,
    sizeGiB: isLargeEnough(target, chosen.sizeGiB) ? undefined : chosen.sizeGiB,
    retired: isRetiring ? currentVolume(target) : undefined,
  });
  say([`${stackFileOf(environment)}:`, ...changedLines(text, changed).map((line) => `  ${line}`)].join("\n"));
  await checkStackText(environment, changed);
  if (options.isDryRun) return false;
  await writeFile(inProject(stackFileOf(environment)), changed);
  return true;
}

async function sourceOf({ options, ec2, group }: Target, damaged: Damaged): Promise<Source> {
  if (options.snapshot !== undefined) return { chosen: await findSnapshot(ec2, options.snapshot), newer: [] };
  return chooseSource(await findSnapshots(ec2, `${options.environment}/${group.name}`), damaged);
}

/** Whether the group's own size is enough, as far as a node without a line of its own shows it. */
function isLargeEnough({ config, group }: Target, sizeGiB: number): boolean {
  const replaced = config.spec.nodes[group.name]?.volume?.replaced ?? {};
  return group.nodes.some((one) => !Object.hasOwn(replaced, one.name) && one.volume.sizeGiB >= sizeGiB);
}
