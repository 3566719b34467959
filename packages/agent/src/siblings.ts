import { agentPort, type SettledBlock } from "@coinfleet/sdk";
import { z } from "zod";
import { boundedRequest } from "./bounded-request.ts";
import { describeError } from "./log.ts";

/** What a sibling's agent says about its node. */
export interface SiblingReport {
  readonly source: string;
  /** Absent: it gave none that counts, see `problem`. */
  readonly height?: number | undefined;
  readonly settled: readonly SettledBlock[];
  readonly problem?: string | undefined;
}

// Only what is used: an older or newer agent may say other things besides.
const status = z.object({
  version: z.literal(1),
  networkName: z.string(),
  probe: z.object({ height: z.int().nonnegative(), isInitialSync: z.boolean() }).optional(),
  settled: z.array(z.object({ height: z.int().positive(), hash: z.string().min(1) })),
});

/** Asks the agents of the group's other nodes. Never throws. */
export function pollSiblings(hosts: readonly string[], networkName: string, port: number = agentPort): Promise<readonly SiblingReport[]> {
  return Promise.all(
    hosts.map(async (host) => {
      try {
        const response = await boundedRequest({ url: `http://${host}:${port}/status`, timeoutMs: 3000, maximumBytes: 65_536 });
        const { probe, settled, networkName: theirs } = status.parse(JSON.parse(response.text));
        if (theirs !== networkName) throw new Error(`it is on ${theirs}`);
        if (probe === undefined) return { source: host, settled: [], problem: "its daemon does not answer" };
        // A node that is still catching up says nothing about where the chain is.
        if (probe.isInitialSync) return { source: host, settled, problem: `in initial sync at ${probe.height}` };
        return { source: host, height: probe.height, settled };
      } catch (error) {
        return { source: host, settled: [], problem: describeError(error) };
      }
    }),
  );
}
