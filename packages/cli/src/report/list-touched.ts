import { readdir, readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { touchedStacks, type StackFacts } from "@coinfleet/report";
import { parse } from "yaml";
import { z } from "zod";
import { inProject } from "../project.ts";

const group = z.object({ coin: z.string().optional() });
const stackFile = z.object({ config: z.object({ "coinfleet:fleet": z.object({ nodes: z.record(z.string(), group) }) }) });

/** Stacks that a change of these files can touch. A stack file that cannot be read counts as running every coin that changes. */
export async function listTouched(files: readonly string[]): Promise<readonly string[]> {
  const changed = files[0] === "-" ? (await text(process.stdin)).split("\n").filter((line) => line !== "") : files;
  const names = (await readdir(inProject("stacks"))).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  const everyCoin = changed.flatMap((path) => /^coins\/([^/]+)\//.exec(path)?.[1] ?? []);
  const stacks = await Promise.all(
    names.map(async (stack): Promise<StackFacts> => {
      const parsed = stackFile.safeParse(parse(await readFile(inProject(`stacks/Pulumi.${stack}.yaml`), "utf8")));
      const nodes = parsed.success ? Object.entries(parsed.data.config["coinfleet:fleet"].nodes) : undefined;
      return { stack, coins: nodes?.map(([name, { coin }]) => coin ?? name) ?? everyCoin };
    }),
  );
  return touchedStacks(changed, stacks);
}
