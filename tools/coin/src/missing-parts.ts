import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Coin } from "@coinfleet/sdk";
import { missingParts } from "@coinfleet/testkit";
import { z } from "zod";
import { coinFile } from "./project.ts";

const module = z.object({ default: z.custom<Coin>((value) => typeof value === "object" && value !== null && "daemons" in value) });

/** What a coin still lacks, in the conformance suite's words. Reads the coin from its file, which may be newer than what this process has loaded. */
export async function readMissingParts(root: string, id: string): Promise<readonly string[]> {
  const file = coinFile(root, id);
  const coin = module.parse(await import(pathToFileURL(file).href)).default;
  return missingParts(coin, {
    root,
    coins: join(root, "coins"),
    golden: join(root, "test/golden"),
    recordings: join(root, "test/fixtures"),
  });
}
