import type { SSMClient } from "@aws-sdk/client-ssm";
import { z } from "zod";
import type { Deadline } from "./deadline.ts";
import type { SettledBlock } from "./compare-chains.ts";
import { runDocument } from "./ssm-command.ts";

const chainSchema = z.object({ settled: z.array(z.object({ height: z.number(), hash: z.string() })) });

/** How nodes are asked. */
export interface ChainQuestion {
  readonly ssm: SSMClient;
  readonly document: string;
  readonly deadline: Deadline;
  readonly pollMs: number;
}

/** The settled blocks that a node's agent names; none when it does not answer. */
export async function settledOf({ ssm, document, deadline, pollMs }: ChainQuestion, instanceId: string): Promise<readonly SettledBlock[]> {
  const end = await runDocument(ssm, document, instanceId, deadline, pollMs, () => undefined);
  if (end?.status !== "Success") return [];
  return chainSchema.safeParse(JSON.parse(end.output)).data?.settled ?? [];
}
