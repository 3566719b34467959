import { chmod, copyFile, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Architecture, ReleaseSource, SignedArchive } from "@coinfleet/sdk";
import { archiveParts, binariesFor, isPending } from "@coinfleet/sdk";
import { z } from "zod";
import { sharedFolder } from "./archive-rules.ts";
import { BuildError } from "./build-error.ts";
import { buildCargoCrates, compiledFrom, pinnedCrates } from "./cargo-crates.ts";
import { createAtomically, exists, sha256OfFile, sha256OfText, withLock } from "./cache.ts";
import type { FetchOptions, ResolvedFetchOptions } from "./fetch-options.ts";
import { resolveFetchOptions } from "./fetch-options.ts";
import { buildGoModule, pinnedSum } from "./go-module.ts";
import { findGo } from "./go-toolchain.ts";
import { fetchVerifiedArchive, pinnedDigest } from "./signed-archive.ts";
import { unpackBinaries } from "./unpack.ts";

/** Raised when a change here makes older cache entries worthless. */
const cacheVersion = 1;

const manifestSchema = z.object({
  /** What was verified, in words for a person. */
  verification: z.array(z.string()),
  /** Binary → SHA-256 of the file. */
  binaries: z.record(z.string(), z.string()),
});

/** What a release consists of, and how it was verified. */
export type ReleaseManifest = z.infer<typeof manifestSchema>;

/** The result of {@link fetchRelease}. */
export interface FetchedRelease extends ReleaseManifest {
  /** Taken from an earlier run's cache, its digests compared again. */
  readonly isFromCache: boolean;
}

const manifestFile = "verified.json";

async function digestsOf(directory: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const name = relative(directory, join(entry.parentPath, entry.name));
    if (entry.isFile() && name !== manifestFile) digests[name] = await sha256OfFile(join(directory, name));
  }
  return Object.fromEntries(Object.entries(digests).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function fillFromArchives(
  source: SignedArchive,
  version: string,
  architecture: Architecture,
  into: string,
  options: ResolvedFetchOptions,
): Promise<string[]> {
  const verification: string[] = [];
  for (const part of archiveParts(source)) verification.push(...(await fillFromArchive(part, version, architecture, into, options)));
  return verification;
}

async function fillFromArchive(
  source: SignedArchive,
  version: string,
  architecture: Architecture,
  into: string,
  options: ResolvedFetchOptions,
): Promise<string[]> {
  const archive = await fetchVerifiedArchive(source, version, architecture, options);
  options.onProgress({ what: `unpack ${archive.fileName}` });
  const wanted = { binaries: binariesFor(source.binaries, architecture), folders: binariesFor(source.folders ?? {}, architecture) };
  await unpackBinaries(archive.file, archive.fileName, wanted, version, into);
  const signers = archive.signers.map(
    ({ name, signedBy, acceptedExpired }) =>
      `signed by ${name} (${signedBy})${acceptedExpired === undefined ? "" : `; expired key accepted: ${acceptedExpired}`}`,
  );
  return [
    `${archive.fileName} sha256 ${archive.sha256}`,
    ...signers,
    ...(archive.unsigned === undefined ? [] : [`not signed: ${archive.unsigned}`]),
  ];
}

async function fill(
  source: ReleaseSource,
  version: string,
  architecture: Architecture,
  into: string,
  options: ResolvedFetchOptions,
): Promise<string[]> {
  switch (source.kind) {
    case "signedArchive":
      return fillFromArchives(source, version, architecture, into, options);
    case "goModule": {
      // Go uses every core and gigabytes of memory by itself: one build at a time on a machine.
      const go = await withLock(join(options.cacheDir, "go-build"), () => buildGoModule(source, version, architecture, into, options));
      return [`${source.module} ${version} ${pinnedSum(source, version)}`, `compiled with ${go.version}, checksum database on`];
    }
    case "cargoCrates": {
      const cargo = await withLock(join(options.cacheDir, "cargo-build"), () =>
        buildCargoCrates(source, version, architecture, into, options),
      );
      const crates = Object.entries(pinnedCrates(source, version)).map(([crate, sha256]) => `${crate} ${version} sha256 ${sha256}`);
      return [...crates, `compiled with ${cargo}, from the lock files that the crates carry`];
    }
    case "debianPackage":
    case "ociImage":
      return [];
  }
}

/** Refuses what may not be built before anything is asked or written. */
export function checkPinned(source: ReleaseSource, version: string, architecture: Architecture): void {
  switch (source.kind) {
    case "signedArchive":
      for (const part of archiveParts(source)) pinnedDigest(part, version, architecture);
      return;
    case "cargoCrates":
      pinnedCrates(source, version);
      return;
    case "goModule":
      pinnedSum(source, version);
      return;
    case "debianPackage":
      if (source.pins[version] === undefined) throw unknownVersion(`Debian package ${source.package}`, version, Object.keys(source.pins));
      return;
    case "ociImage": {
      const digest = source.digests[version];
      if (digest === undefined) throw unknownVersion(source.repository, version, Object.keys(source.digests));
      if (isPending(digest))
        throw new BuildError("ReleasePending", {
          title: "The digest of this release is not known yet.",
          where: `${source.repository} ${version}`,
          got: `pending: ${digest.pending}`,
          fix: "Pin the image's digest in the coin's release source.",
        });
    }
  }
}

function unknownVersion(where: string, got: string, known: readonly string[]): BuildError {
  return new BuildError("UnknownVersion", {
    title: "This release is not pinned.",
    where,
    got,
    allowed: known.join(", "),
    fix: "Use a pinned version, or pin this one with `npm run coin -- bump`.",
  });
}

/** Everything that decides what the binaries are. The compiler's version is part of it where there is one. */
async function cacheKey(source: ReleaseSource, version: string, architecture: Architecture): Promise<string> {
  const compiler = source.kind === "goModule" ? (await findGo()).version : "";
  const decisive = source.kind === "cargoCrates" ? compiledFrom(source, version) : source;
  return sha256OfText(JSON.stringify({ cacheVersion, source: decisive, version, architecture, compiler }));
}

async function readCached(entry: string): Promise<ReleaseManifest | undefined> {
  if (!(await exists(join(entry, manifestFile)))) return undefined;
  const manifest = manifestSchema.safeParse(JSON.parse(await readFile(join(entry, manifestFile), "utf8")));
  if (!manifest.success) return undefined;
  // The cache is the user's own folder; a damaged file in it is made again, not run.
  return JSON.stringify(await digestsOf(entry)) === JSON.stringify(manifest.data.binaries) ? manifest.data : undefined;
}

/** Copies the binaries so that `destination` gets all of them or none; whole folders go beside it. */
async function deliver(entry: string, manifest: ReleaseManifest, destination: string): Promise<void> {
  await mkdir(destination, { recursive: true });
  const staging = await mkdtemp(join(destination, ".staging-"));
  try {
    for (const [name, digest] of Object.entries(manifest.binaries)) {
      await mkdir(dirname(join(staging, name)), { recursive: true });
      await copyFile(join(entry, name), join(staging, name));
      await chmod(join(staging, name), 0o755);
      if ((await sha256OfFile(join(staging, name))) !== digest) throw new Error(`${name} changed while it was copied (disk full?)`);
    }
    for (const name of await readdir(staging))
      await rename(join(staging, name), join(destination, name === sharedFolder ? ".." : "", name));
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/**
 * Puts the verified binaries of one release into `destination`. Debian packages and images by digest put nothing there: the image build
 * itself takes them from their signed repository or by their digest. A failure leaves `destination` without any of the files.
 * @throws {@link BuildError}
 */
export async function fetchRelease(
  source: ReleaseSource,
  version: string,
  architecture: Architecture,
  destination: string,
  options: FetchOptions = {},
): Promise<FetchedRelease> {
  checkPinned(source, version, architecture);
  if (source.kind === "debianPackage")
    return {
      verification: [`apt installs ${source.package}=${source.pins[version] ?? ""} from its signed repository`],
      binaries: {},
      isFromCache: false,
    };
  if (source.kind === "ociImage") return { verification: [`${source.repository} by digest`], binaries: {}, isFromCache: false };
  const resolved = resolveFetchOptions(options);
  const entry = join(resolved.cacheDir, "releases", await cacheKey(source, version, architecture));
  return withLock(entry, async () => {
    const cached = resolved.fresh ? undefined : await readCached(entry);
    if (cached !== undefined) {
      await deliver(entry, cached, destination);
      return { ...cached, isFromCache: true };
    }
    let manifest: ReleaseManifest = { verification: [], binaries: {} };
    const make = async (staging: string): Promise<void> => {
      const verification = await fill(source, version, architecture, staging, resolved);
      manifest = { verification, binaries: await digestsOf(staging) };
      await writeFile(join(staging, manifestFile), JSON.stringify(manifest, undefined, 2));
    };
    await createAtomically(entry, make, true);
    await deliver(entry, manifest, destination);
    return { ...manifest, isFromCache: false };
  });
}

/** Bytes of all files of a folder, for reports. */
export async function folderBytes(directory: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(directory)) bytes += (await stat(join(directory, name))).size;
  return bytes;
}
