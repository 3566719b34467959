import { createReadStream, createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { isPending, type Asset } from "@coinfleet/sdk";
import { archiveRefused } from "./archive-rules.ts";
import { BuildError, describeCause } from "./build-error.ts";
import { resolveFetchOptions, type FetchOptions } from "./fetch-options.ts";
import { fetchPinned } from "./signed-archive.ts";

/** The files that an image's network brings, by name. */
export type Assets = Readonly<Record<string, Asset>>;

/** The pinned digest. @throws {@link BuildError} `ReleasePending` */
function pinnedAsset(name: string, { sha256 }: Asset): string {
  if (!isPending(sha256)) return sha256;
  throw new BuildError("ReleasePending", {
    title: "The digest of a file that the network needs is not known yet.",
    where: name,
    got: `pending: ${sha256.pending}`,
    fix: "Compare the file's digest from two sources that have nothing to do with each other, and pin it in the coin's network.",
  });
}

/** Refuses what may not be built before anything is asked or written. */
export function checkAssets(assets: Assets): void {
  for (const [name, asset] of Object.entries(assets)) pinnedAsset(name, asset);
}

/**
 * Puts the files of a network into `directory`, each compared with its pinned digest.
 * @returns what was verified, in words
 * @throws {@link BuildError}
 */
export async function addAssets(assets: Assets, directory: string, options: FetchOptions): Promise<readonly string[]> {
  const resolved = resolveFetchOptions(options);
  const verified: string[] = [];
  for (const [name, asset] of Object.entries(assets)) {
    const digest = pinnedAsset(name, asset);
    const file = await fetchPinned(asset.url, digest, resolved);
    await mkdir(directory, { recursive: true });
    const unpack = asset.url.endsWith(".gz") && !name.endsWith(".gz") ? [createGunzip()] : [];
    await pipeline([createReadStream(file), ...unpack, createWriteStream(join(directory, name), { flags: "wx" })]).catch(
      (cause: unknown) => {
        throw archiveRefused(asset.url, `damaged: ${describeCause(cause)}`);
      },
    );
    verified.push(`${name} sha256 ${digest}`);
  }
  return verified;
}
