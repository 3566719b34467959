import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkGoModule, fetchRelease, type FetchOptions } from "@coinfleet/build";
import { pinnedVersions, supportedArchitectures, type Architecture, type Coin, type ReleaseSource } from "@coinfleet/sdk";
import { choose } from "./choose.ts";
import { isExplained } from "./coin-tool-error.ts";

/** One release of a coin, and what its verification said. */
export interface ReleaseCheck {
  readonly client: string;
  readonly source: string;
  readonly version: string;
  readonly architecture: Architecture;
  /** `verified`: all of it, now. `elsewhere`: by the tool that installs it, when the image is built. `failed`: refused, or not known yet. */
  readonly outcome: "verified" | "elsewhere" | "failed";
  /** What was verified, or the error, in words. */
  readonly said: string;
}

/** Which releases to check. @default - all that are pinned */
export interface VerifyChoice {
  readonly client?: string | undefined;
  readonly source?: string | undefined;
}

/** Fetches and verifies each pinned release of a coin, from every source and for every architecture. Takes nothing from an earlier run for verified. */
export async function* verifyCoin(coin: Coin, choice: VerifyChoice, options: FetchOptions): AsyncGenerator<ReleaseCheck> {
  const clients = choice.client === undefined ? Object.entries(coin.clients) : [choose("client", coin.clients, choice.client, false)];
  for (const [client, { sources }] of clients) {
    const chosen = choice.source === undefined ? Object.entries(sources) : [choose("source", sources, choice.source, false)];
    for (const [name, source] of chosen) {
      for (const version of pinnedVersions(source)) {
        for (const architecture of architecturesOf(source, version))
          yield { client, source: name, version, architecture, ...(await check(source, version, architecture, options)) };
      }
    }
  }
}

/** A Go module is one text for all of them. */
function architecturesOf(source: ReleaseSource, version: string): readonly Architecture[] {
  const all = supportedArchitectures(source, version);
  return source.kind === "goModule" ? all.slice(0, 1) : all;
}

async function check(
  source: ReleaseSource,
  version: string,
  architecture: Architecture,
  options: FetchOptions,
): Promise<Pick<ReleaseCheck, "outcome" | "said">> {
  try {
    if (source.kind === "goModule") return { outcome: "verified", said: await checkGoModule(source, version) };
    return await checkFetched(source, version, architecture, options);
  } catch (error) {
    if (isExplained(error)) return { outcome: "failed", said: error.message };
    throw error;
  }
}

async function checkFetched(
  source: ReleaseSource,
  version: string,
  architecture: Architecture,
  options: FetchOptions,
): Promise<Pick<ReleaseCheck, "outcome" | "said">> {
  const folder = await mkdtemp(join(tmpdir(), "coinfleet-verify-"));
  try {
    const { verification } = await fetchRelease(source, version, architecture, folder, { ...options, fresh: true });
    return { outcome: source.kind === "signedArchive" ? "verified" : "elsewhere", said: verification.join("\n") };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
