import { isDeepStrictEqual } from "node:util";
import { CliError } from "./cli-error.ts";
import { isWanted, setWanted, timedOut, waitingFor, wantedIn, type Gate, type Running, type WantedRelease } from "./gate-steps.ts";
import { readParameter } from "./read-parameter.ts";
import { named, objectionTo, summarizeScan } from "./scan/describe-scan.ts";
import { readRegistryScan, registryImage, type RegistryImage } from "./scan/registry-scan.ts";
import type { ImageScan } from "./scan/scan-result.ts";
import { runDocument } from "./ssm-command.ts";

/** An image that a node is about to be told. */
interface NewImage {
  readonly client: string;
  readonly version: string;
  readonly reference: string;
  /** What the client runs now, where its host has said so. */
  readonly runs: string | undefined;
}

/** For a moment after a push the registry may not know yet that it will scan. */
const looksForScan = 12;

/**
 * Before a node is told another release, or hears of a next one: what has the registry found in their images? Until that is known, the node's parameter, which
 * the program has set already, says what the node was told before, so that no reboot starts what is refused. What runs already is asked about no more: what is
 * found later in a release that runs, or that its host waits to take at a height, is no reason to stop either.
 *
 * An image that was not scanned passes, and that is said: the release may be the mend of something worse, and a registry that scans nothing is the stack file's choice.
 * @throws {@link CliError} `ImageVulnerable` where an image has a critical vulnerability with a fix, that what runs has not, and nobody answers for it
 */
export async function askRegistry(gate: Gate, running: Running | undefined): Promise<void> {
  if (running === undefined) return;
  const images = await newImages(gate, running);
  // Where there is nobody to ask, nothing is held back.
  const held = images.some(({ reference }) => registryImage(reference)) ? await toldBefore(gate, running) : undefined;
  if (held !== undefined) await setWanted(gate, held);
  const objections: string[] = [];
  for (const image of images) objections.push(...(await objectionsTo(gate, image, stateOf(gate, running, held))));
  if (objections.length > 0) throw vulnerable(gate, images, objections, stateOf(gate, running, held));
}

async function newImages(gate: Gate, running: Running): Promise<readonly NewImage[]> {
  const { next, ...release } = gate.input.release;
  const isNew = !isWanted(gate.input.release, running.release);
  const isAnnounced = next !== undefined && next.release !== running.release && !(await isTold(gate, next));
  const all = [...(isNew ? [release] : []), ...(isAnnounced ? [next] : [])].flatMap(({ images, versions }) =>
    Object.entries(images).map(([client, reference]): [string, NewImage] => [
      reference,
      { client, version: versions[client] ?? "", reference, runs: running.asWanted?.images[client] },
    ]),
  );
  return [...new Map(all).values()].filter(({ reference, runs }) => reference !== runs);
}

/** Whether the host knows of a next release already, in its own words: the parameter was changed before the gate's turn, and says nothing about that. */
async function isTold(gate: Gate, { release, images }: NonNullable<WantedRelease["next"]>): Promise<boolean> {
  const { ssm, input, deadline, pollMs } = gate;
  const wait = (): void => waitingFor(gate, "its host to say which release it takes next");
  const end = await runDocument(ssm, input.statusDocument, input.instanceId, deadline, pollMs, wait);
  if (end === undefined) throw timedOut(gate, "its host to say which release it takes next", "nothing");
  const step = /^next +.*$/m.exec(end.output)?.[0] ?? "";
  return [`release ${release} `, ...Object.values(images)].some((name) => step.includes(name));
}

/** What the node's parameter said before the program changed it, with what was announced then. Where that is not known: what runs. */
async function toldBefore({ input, ssm }: Gate, running: Running): Promise<WantedRelease | undefined> {
  const name = `${input.parameters}/release`;
  const now = await readParameter(ssm, name);
  const isChanged = isDeepStrictEqual(wantedIn(now?.Value), input.release);
  const earlier = isChanged && now?.Version !== undefined && now.Version > 1 ? await readParameter(ssm, `${name}:${now.Version - 1}`) : now;
  const told = wantedIn(earlier?.Value);
  return told?.release === running.release && !isDeepStrictEqual(told, input.release) ? told : running.asWanted;
}

async function objectionsTo(gate: Gate, image: NewImage, state: string): Promise<readonly string[]> {
  const { input, reporter } = gate;
  const { client, version, reference, runs } = image;
  const scan = await scanOf(gate, reference, state);
  const source = registryImage(reference)?.repositoryName ?? reference;
  const critical = scan.state === "scanned" ? scan.findings.filter(({ severity }) => severity === "CRITICAL") : [];
  const worst = critical.length === 0 ? "" : ` Critical: ${named(critical)}.`;
  reporter.say(`${input.node}: ${summarizeScan({ client, version, source, scan }).join(" ")}${worst}`);
  const objection = await objectionTo(scan, () => scanOfRunning(gate, runs, state), "running");
  if (objection === undefined) return [];
  const acceptance = input.accepted?.find((one) => one.image === reference);
  const what = `${client} ${version}: ${objection}`;
  if (acceptance === undefined) return [what];
  const { owner, expires, reason } = acceptance;
  if (expires < new Date().toISOString().slice(0, 10)) return [`${what}. Its exception (${owner}) expired on ${expires}`];
  reporter.say(`${input.node}: ${what}. Excepted until ${expires} by ${owner}: ${reason}`);
  return [];
}

/** The scan of an image that is about to start, waited for. */
async function scanOf(gate: Gate, reference: string, state: string): Promise<ImageScan> {
  const image = registryImage(reference);
  if (image === undefined) return { state: "not scanned", why: "it is in no ECR registry" };
  for (let look = 1; ; look += 1) {
    const found = await readRegistryScan(image, state);
    switch (found.state) {
      case "no image":
        throw missing(gate, image, state);
      case "no scan":
        if (look >= looksForScan) return { state: "not scanned", why: "the registry does not scan it" };
        break;
      case "under way":
        break;
      default:
        return found;
    }
    const waited = `the registry's scan of ${image.repositoryName}`;
    if (gate.deadline.hasPassed) throw timedOut(gate, waited, found.state);
    waitingFor(gate, waited);
    await gate.deadline.pause(gate.pollMs);
  }
}

/** What is known of the image that runs. It was pushed long ago: nothing is waited for. */
async function scanOfRunning({ input }: Gate, reference: string | undefined, state: string): Promise<ImageScan> {
  if (reference === undefined) return { state: "not scanned", why: `the host of ${input.node} has not said which image it runs` };
  const image = registryImage(reference);
  const found = image === undefined ? { state: "no image" as const } : await readRegistryScan(image, state);
  switch (found.state) {
    case "no image":
    case "no scan":
    case "under way":
      return { state: "not scanned", why: `the registry has ${found.state === "under way" ? "not ended its scan" : found.state}` };
    default:
      return found;
  }
}

function stateOf({ input }: Gate, { release }: Running, held: WantedRelease | undefined): string {
  const parameter =
    held === undefined
      ? `its parameter says what it was to be told all the same, because its host has not said which images ${release} has: a reboot brings it`
      : "its parameter says so";
  return `${input.node} runs ${release}, and nothing was stopped; ${parameter}; later nodes of ${input.group} have not been touched.`;
}

const missing = ({ input }: Gate, { registryId, region, repositoryName, imageDigest }: RegistryImage, state: string): CliError =>
  new CliError("ImageMissing", {
    title: `The registry has no image to start on ${input.node}.`,
    where: `${repositoryName} of account ${registryId} in ${region}`,
    got: `${imageDigest} is not there`,
    fix: "Run the update again with `pulumi refresh` before it, which finds out what has to be pushed. An image that was promoted has to be pushed where it was built.",
    state,
  });

function vulnerable({ input }: Gate, images: readonly NewImage[], objections: readonly string[], state: string): CliError {
  const names = images.map(
    ({ reference, version }) =>
      `${registryImage(reference)?.repositoryName.split("/").at(-1) ?? ""}-${version.replaceAll(/[^A-Za-z0-9_.-]/g, "_")}-*`,
  );
  return new CliError("ImageVulnerable", {
    title: `${input.node} is not told of an image that is known to be vulnerable.`,
    where: `${input.node} (${input.instanceId})`,
    got: objections.join("\n           "),
    fix: `A newer release, or a newer base image, in the stack file. Who answers for it as it is says so there, under coinfleet:exceptions: rule image-vulnerable, resource ${names.join(" or ")}. See docs/upgrades.md#what-the-registry-finds.`,
    state,
  });
}
