import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const profile = z.object({
  nodes: z.array(z.object({ id: z.number(), callFrame: z.object({ functionName: z.string(), url: z.string() }) })),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

/** What a function of a profile is part of: the first that fits. */
const parts: readonly (readonly [part: string, fits: (name: string, url: string) => boolean])[] = [
  ["idle, waiting for the engine", (name) => name === "(idle)"],
  ["garbage collection", (name) => name === "(garbage collector)"],
  ["compiling TypeScript", (name, url) => /amaro|typescript|ts-node|wasm:/.test(url) || /stripTypeScript/.test(name)],
  ["our code", (_, url) => /\/(packages|coins)\/[^/]+\/|\/coins\/index\.ts|\/index\.ts$/.test(url) && !url.includes("/node_modules/")],
  ["@pulumi/aws", (_, url) => url.includes("/@pulumi/aws/")],
  ["@pulumi/pulumi, gRPC, protobuf", (_, url) => /\/@pulumi\/|\/@grpc\/|protobuf|protobufjs/.test(url)],
  ["other packages", (_, url) => url.includes("/node_modules/")],
  ["Node itself: start, modules, sockets", () => true],
];

/** Seconds of each part in the CPU profile of the program, of those that Node left in a folder. */
export function profileShares(folder: string): ReadonlyMap<string, number> {
  const files = readdirSync(folder).filter((file) => file.endsWith(".cpuprofile"));
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8"));
  const program = texts.find((text) => text.includes("/packages/aws/src/fleet.ts"));
  if (program === undefined) throw new Error(`none of ${files.length} profiles in ${folder} is the program's`);
  const { nodes, samples, timeDeltas } = profile.parse(JSON.parse(program));
  const partOf = new Map(
    nodes.map(({ id, callFrame: { functionName, url } }) => [id, parts.find(([, fits]) => fits(functionName, url))?.[0] ?? ""]),
  );
  const sum = new Map(parts.map(([part]) => [part, 0]));
  samples.forEach((id, index) => {
    const part = partOf.get(id) ?? "";
    sum.set(part, (sum.get(part) ?? 0) + (timeDeltas[index] ?? 0) / 1e6);
  });
  return sum;
}
