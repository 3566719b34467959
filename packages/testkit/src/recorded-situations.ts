import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Coin } from "@coinfleet/sdk";
import { z } from "zod";
import { recordingSchema, type Recording } from "./recording.ts";

/** A recording, and the situation that its file is called after. */
export interface NamedRecording {
  readonly situation: string;
  readonly recording: Recording;
}

/** The recordings of a coin. @param folder the coin's own; where there is none, nothing has been recorded yet */
export function readRecordings(folder: string): readonly NamedRecording[] {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".json")) : [];
  return files.map((file) => ({
    situation: file.replace(".json", ""),
    recording: recordingSchema.parse(JSON.parse(readFileSync(join(folder, file), "utf8"))),
  }));
}

/** Situations that clients tell each in their own words. What happens to any answer of any client is in `spoilings`. */
export const situations = ["in-sync", "initial-sync", "stuck", "no-peers", "starting", "wrong-network", "refused"] as const;

type Situation = (typeof situations)[number];

/** Protocol → situation → why no client of it can be recorded in it. */
export const absentSchema = z.record(z.string(), z.partialRecord(z.enum(situations), z.string().min(10)));

/** What a recording shows, whatever it is called. */
function shownBy({ expected }: Recording): Situation | undefined {
  if ("failure" in expected) return situations.find((one) => one === expected.failure);
  const { isInitialSync, peers, height, knownHeight } = expected.status;
  if (isInitialSync) return "initial-sync";
  if (peers === 0) return "no-peers";
  return knownHeight > height ? "stuck" : "in-sync";
}

/**
 * Situations in which no client of a protocol has been recorded, nor is it said why not; and reasons that nothing needs. One sentence each. Coins of
 * one family share a sync check, so that what one of them shows is shown for all.
 */
export function situationProblems(
  coins: readonly Pick<Coin, "id" | "family">[],
  recordingsOf: (id: string) => readonly NamedRecording[],
  absent: z.infer<typeof absentSchema>,
): readonly string[] {
  const families = [...new Set(coins.map(({ family }) => family))];
  const unknown = Object.keys(absent).filter((family) => !families.includes(family));
  return [
    ...unknown.map((family) => `there is no protocol "${family}"`),
    ...families.flatMap((family) => {
      const all = coins.filter((coin) => coin.family === family).flatMap(({ id }) => recordingsOf(id));
      const shown = new Set<string | undefined>(all.flatMap(({ situation, recording }) => [situation, shownBy(recording)]));
      return situations.flatMap((one) => {
        const isExplained = absent[family]?.[one] !== undefined;
        if (shown.has(one)) return isExplained ? [`${family}: ${one} is recorded, so that it needs no reason`] : [];
        return isExplained ? [] : [`${family}: nobody has recorded ${one}, nor said why it cannot be`];
      });
    }),
  ];
}
