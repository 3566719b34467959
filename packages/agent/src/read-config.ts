import { readFile } from "node:fs/promises";
import type { AgentConfig } from "@coinfleet/sdk";
import { z } from "zod";

const tip = z.object({ name: z.string(), url: z.url(), height: z.string(), body: z.unknown().optional() });

const schema = z.object({
  version: z.literal(1),
  environment: z.string(),
  group: z.string(),
  node: z.string(),
  index: z.int().positive(),
  coin: z.string(),
  networkName: z.string(),
  region: z.string(),
  options: z.unknown(),
  access: z.array(
    z.object({
      port: z.string(),
      url: z.url(),
      auth: z.object({ user: z.string(), password: z.string(), scheme: z.enum(["basic", "digest", "header"]) }).optional(),
    }),
  ),
  siblings: z.array(z.string()),
  health: z.object({
    tips: z.array(tip),
    minimumTips: z.union([z.literal(0), z.literal(1), z.literal(2)]),
    settledDepth: z.int().nonnegative(),
    blockIntervalSec: z.number().positive(),
    maxBlocksBehind: z.int().nonnegative(),
    maxTipAgeSec: z.number().positive(),
    minimumPeers: z.int().nonnegative(),
    leftBehindAtSec: z.number().optional(),
  }),
  selfHealing: z.object({ restartsPerDay: z.int().nonnegative() }),
  blockEverySec: z.number().positive().optional(),
});

/** Reads the file that the host wrote. @throws Error with the path of each mistake; never with a value, which may be a password */
export async function readConfig(file: string): Promise<AgentConfig> {
  const read = schema.safeParse(JSON.parse(await readFile(file, "utf8")));
  if (read.success) return read.data;
  throw new Error(`${file}: ${read.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ")}`);
}
