import { z } from "zod";
import { compareChains, type Comparison, type SettledBlock } from "./compare-chains.ts";
import type { FleetNode } from "./fleet-nodes.ts";
import { runDocument, type HostQuestion } from "./ssm-command.ts";

const chainSchema = z.object({ settled: z.array(z.object({ height: z.number(), hash: z.string() })) });

/** The settled blocks that a node's agent names; none when it does not answer. */
async function settledOf({ ssm, document, deadline, pollMs }: HostQuestion, instanceId: string): Promise<readonly SettledBlock[]> {
  const end = await runDocument(ssm, document, instanceId, deadline, pollMs, () => undefined);
  if (end?.status !== "Success") return [];
  return chainSchema.safeParse(JSON.parse(end.output)).data?.settled ?? [];
}

/** Compares the settled blocks of a node with those of others. */
export async function compareNodes(
  question: HostQuestion,
  instanceId: string,
  others: readonly Pick<FleetNode, "node" | "instanceId">[],
): Promise<Comparison> {
  const [own, ...named] = await Promise.all([
    settledOf(question, instanceId),
    ...others.map(async (one) => ({ node: one.node, settled: await settledOf(question, one.instanceId) })),
  ]);
  return compareChains(own, named);
}
