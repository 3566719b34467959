import { coordinationTable } from "@coinfleet/sdk";
import { callerName } from "./caller.ts";
import { findOne, type NodeName } from "./find-node.ts";
import { openCoordination } from "./group-lock.ts";

/** Keeps everything that would act by itself away from a node. Resolves to what has been done, in a line. @throws {@link CliError} */
export async function holdNode(name: NodeName, reason: string): Promise<string> {
  const { environment, group, node } = await findOne(name);
  const by = await callerName(name.region);
  await openCoordination(coordinationTable(environment), name.region).hold({ group, node, reason, by });
  return `${node} of ${environment} is held by ${by}: ${reason}. Nothing restarts it or grows its volume until: coinfleet release ${node}`;
}

/** Ends a hold. Resolves to what has been done, in a line. @throws {@link CliError} */
export async function releaseNode(name: NodeName): Promise<string> {
  const { environment, group, node } = await findOne(name);
  const hadHold = await openCoordination(coordinationTable(environment), name.region).lift({ group, node });
  return hadHold ? `${node} of ${environment} is released.` : `${node} of ${environment} was not held.`;
}
