import { join } from "node:path";
import { BuildError, planImage, prepareImage, type ImagePlan } from "@coinfleet/build";
import { defaultBaseImage } from "@coinfleet/config";
import { platforms } from "@coinfleet/host";
import { supportedArchitectures, type Architecture, type Coin, type ResolvedClient } from "@coinfleet/sdk";
import { parse } from "yaml";
import { z } from "zod";
import { runProgram } from "../doctor/run-program.ts";
import { readStackText } from "../stack-file.ts";
import { lastWords, scanImage } from "./scan-image.ts";
import type { ClientScan, ImageScan } from "./scan-result.ts";

/** Which images to scan, and how. */
export interface ScanChoice {
  /** @default - all of the coin's */
  readonly client?: string | undefined;
  /** The project's folder. */
  readonly root: string;
  /** Base image, as stack files name it. */
  readonly base: string;
  /** `COINFLEET_SCANNER`. */
  readonly scanner: string | undefined;
  say(line: string): void;
}

const quickMs = 10_000;
const buildLimitMs = 60 * 60_000;

const stackFile = z.object({
  config: z.object({ "coinfleet:fleet": z.object({ images: z.object({ base: z.string().optional() }).optional() }) }),
});

/** Base image of an environment. Reads no more of its stack file: a release that the file still names, and the coin no longer pins, is no matter here. */
export async function baseImageOf(environment: string): Promise<string> {
  const read = stackFile.parse(parse(await readStackText(environment)));
  return read.config["coinfleet:fleet"].images?.base ?? defaultBaseImage;
}

/** Builds the images of a coin's clients, each in the release and from the source that run unless a stack file chooses another, scans them and removes them. */
export async function scanCoin(coin: Coin, choice: ScanChoice): Promise<readonly ClientScan[]> {
  const scans: ClientScan[] = [];
  for (const [name, { sources, runtimePackages = [] }] of Object.entries(coin.clients)) {
    const [first] = Object.entries(sources);
    if (first === undefined || (choice.client !== undefined && choice.client !== name)) continue;
    const [sourceName, source] = first;
    const client = { name, version: source.version, sourceName, source, runtimePackages };
    scans.push({ client: name, version: source.version, source: sourceName, scan: await scanClient(coin.id, client, choice) });
  }
  return scans;
}

async function scanClient(coin: string, client: ResolvedClient, { root, base, scanner, say }: ScanChoice): Promise<ImageScan> {
  const engine = await runProgram("docker", ["version", "--format", "{{.Server.Version}}"], quickMs);
  if (engine.code !== 0) return { state: "not scanned", why: `no docker engine answers: ${lastWords(engine.error)}` };
  const architecture = ownArchitecture();
  if (architecture === undefined || !supportedArchitectures(client.source, client.version).includes(architecture))
    return { state: "not scanned", why: `the release has nothing for this machine's architecture, ${process.arch}` };
  const plan = planImage({ kind: "client", client, base, architecture }, root);
  const image = `coinfleet-scan/${coin}-${client.name}:${plan.tag}`;
  try {
    return (await build(plan, image, root, say)) ?? (await scanImage(image, scanner));
  } finally {
    await runProgram("docker", ["image", "rm", "--force", image], quickMs);
  }
}

/** Builds an image as the program would. @returns why there is none */
async function build(
  { spec, digest }: ImagePlan,
  image: string,
  root: string,
  say: (line: string) => void,
): Promise<ImageScan | undefined> {
  const directory = `.coinfleet/images/${digest}`;
  try {
    await prepareImage(root, { spec, digest, directory }, say);
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    const state = error.name === "ReleasePending" ? "not scanned" : "scan failed";
    const { title, got = "" } = error.details;
    return { state, why: `the image cannot be built: ${error.name}: ${title} ${lastWords(got)}`.trim() };
  }
  const args = ["build", "--platform", platforms[spec.architecture], "--tag", image, join(root, directory)];
  const built = await runProgram("docker", args, buildLimitMs);
  return built.code === 0 ? undefined : { state: "scan failed", why: `the image could not be built: ${lastWords(built.error)}` };
}

/** What images can be built for without emulation. */
function ownArchitecture(): Architecture | undefined {
  const known: Readonly<Partial<Record<NodeJS.Architecture, Architecture>>> = { x64: "x86_64", arm64: "arm64" };
  return known[process.arch];
}
