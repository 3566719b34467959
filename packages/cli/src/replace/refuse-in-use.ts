import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";
import type { Hold } from "@coinfleet/coordination";
import { coordinationTable } from "@coinfleet/sdk";
import { awsSettings } from "../aws-call.ts";
import { callerName } from "../caller.ts";
import { CliError } from "../cli-error.ts";
import { findNodes } from "../fleet-nodes.ts";
import { openCoordination } from "../group-lock.ts";
import { notSynced } from "../restart-run.ts";

/** A node that is about to lose its volume. */
export interface Leaving {
  readonly environment: string;
  readonly region: string;
  readonly group: string;
  readonly node: string;
  readonly isForced: boolean;
  readonly say: (text: string) => void;
}

const state = "Nothing has been changed.";

/** Refuses a node that somebody else holds, and the one that serves while a sibling does not: its name is probably a mistake. @returns its hold */
export async function refuseInUse(leaving: Leaving): Promise<Hold | undefined> {
  const { environment, region, group, node, isForced, say } = leaving;
  const hold = await openCoordination(coordinationTable(environment), region).holdOn({ group, node });
  const problems: CliError[] = [];
  if (hold !== undefined && hold.by !== (await callerName(region)))
    problems.push(
      new CliError("NodeHeld", {
        title: `${hold.by} holds the node.`,
        where: `${node} of ${environment}`,
        got: hold.reason,
        fix: `Ask, then \`coinfleet release ${node}\`; or go on all the same with --force.`,
        state,
      }),
    );
  const sick = await sickSiblings(leaving);
  if (sick.length > 0)
    problems.push(
      new CliError("SiblingNotHealthy", {
        title: `${node} is synced, and a sibling of it is not: nobody would serve while its data is replaced.`,
        where: `${group} of ${environment}`,
        got: sick.join(", "),
        fix: "Name the node whose data is damaged, or go on all the same with --force.",
        state,
      }),
    );
  const [first] = problems;
  if (first !== undefined && !isForced) throw first;
  for (const { message } of problems) say(`${message}\nGoes on all the same.`);
  return hold;
}

/** Siblings that are not synced, where the node itself is. */
async function sickSiblings({ environment, region, group, node }: Leaving): Promise<readonly string[]> {
  const settings = awsSettings(region);
  const nodes = (await findNodes(new EC2Client(settings), { environment })).filter((one) => one.group === group);
  const cloudWatch = new CloudWatchClient(settings);
  const own = nodes.filter((one) => one.node === node);
  if (own.length === 0 || (await notSynced(cloudWatch, own)).length > 0) return [];
  return notSynced(
    cloudWatch,
    nodes.filter((one) => one.node !== node),
  );
}
