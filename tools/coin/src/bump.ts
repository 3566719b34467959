import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { fetchRelease, type FetchOptions } from "@coinfleet/build";
import { pinnedVersions, supportedArchitectures, type Coin, type ReleaseSource } from "@coinfleet/sdk";
import { format, resolveConfig } from "prettier";
import { z } from "zod";
import { choose } from "./choose.ts";
import { CoinToolError } from "./coin-tool-error.ts";
import { discoverPins, withRelease, type GivenDigests } from "./discover-pins.ts";
import { commentOn, editRelease, type ReleaseEdit } from "./edit-release.ts";

/** What to move to which release. */
export interface BumpRequest {
  readonly coin: Coin;
  /** The coin's source file. */
  readonly file: string;
  readonly version: string;
  /** @default - the coin's only client */
  readonly client?: string | undefined;
  /** @default - the client's first source, which is production's */
  readonly source?: string | undefined;
  /** Leave the former release pinned, so that a stack file can name it. @default false */
  readonly isKept?: boolean | undefined;
  readonly given?: GivenDigests | undefined;
}

/** What {@link bump} has written. */
export interface Bumped {
  readonly client: string;
  readonly source: string;
  readonly from: string;
  readonly version: string;
  /** What was verified, in words. */
  readonly verification: readonly string[];
  /** A comment above the digests, which speaks of the former release. */
  readonly comment: string | undefined;
}

/**
 * Moves a coin to another release: finds its digests by upstream's signatures, verifies the whole release with them, and only then writes them
 * into the coin's source.
 * @throws BuildError, {@link CoinToolError}; the source file is then as it was
 */
export async function bump(request: BumpRequest, options: FetchOptions): Promise<Bumped> {
  const { coin, file, version } = request;
  const [client, { sources }] = choose("client", coin.clients, request.client, false);
  const [sourceName, source] = choose("source", sources, request.source, true);
  if (!/^[0-9A-Za-z][0-9A-Za-z.+~-]*$/.test(version))
    throw new CoinToolError("InvalidInput", {
      title: "This is no version.",
      where: `bump ${coin.id}`,
      got: version,
      fix: "Write upstream's version, without a leading v.",
    });
  // A release that is pinned already is only moved to: the former one stays beside it, as it was.
  const isKept = request.isKept === true || (version !== source.version && pinnedVersions(source).includes(version));
  const pins = await discoverPins(source, version, request.given ?? {}, options);
  const next = withRelease(source, version, pins, isKept);
  const verification = await verifyWhole(next, version, options);
  const edit: ReleaseEdit = { client, source: sourceName, from: source.version, version, pins, isKept };
  const text = await readFile(file, "utf8");
  const comment = commentOn(text, edit);
  await writeChecked(file, await tidy(file, editRelease(text, edit)), { client, source: sourceName, next });
  return { client, source: sourceName, from: source.version, version, verification, comment };
}

async function verifyWhole(source: ReleaseSource, version: string, options: FetchOptions): Promise<readonly string[]> {
  if (source.kind === "goModule") return [`${source.module} ${version}: its digest stands in Go's checksum database`];
  const said = new Set<string>();
  const folder = await mkdtemp(join(tmpdir(), "coinfleet-bump-"));
  try {
    for (const architecture of supportedArchitectures(source, version)) {
      const { verification } = await fetchRelease(source, version, architecture, join(folder, architecture), { ...options, fresh: true });
      for (const line of verification) said.add(line);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return [...said];
}

/** As `npm run format` would write it. */
export async function tidy(file: string, text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(file)), filepath: file });
}

const module = z.object({ default: z.object({ clients: z.record(z.string(), z.object({ sources: z.record(z.string(), z.unknown()) })) }) });

/** Replaces a coin's source after the new text, loaded as a module, has turned out to say what was verified. */
async function writeChecked(
  file: string,
  text: string,
  { client, source, next }: { client: string; source: string; next: ReleaseSource },
): Promise<void> {
  const draft = join(dirname(file), `.bump-${process.pid}-${Date.now()}.ts`);
  try {
    await writeFile(draft, text);
    const loaded = module.parse(await import(pathToFileURL(draft).href));
    if (!isDeepStrictEqual(loaded.default.clients[client]?.sources[source], next)) {
      throw new CoinToolError("NotEditable", {
        title: "The changed source does not say what was verified.",
        where: `${file}: client ${client}, source ${source}`,
        fix: "Write the version and the digests into the coin by hand.",
      });
    }
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}
