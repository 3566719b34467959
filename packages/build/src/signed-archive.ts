import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Architecture, SignedArchive, Signer } from "@coinfleet/sdk";
import { isPending } from "@coinfleet/sdk";
import { indexDigest, packageDigest } from "./apt-index.ts";
import { BuildError } from "./build-error.ts";
import { exists, sha256OfFile, sha256OfText, withLock } from "./cache.ts";
import type { FetchLimits } from "./download.ts";
import { download } from "./download.ts";
import type { ResolvedFetchOptions } from "./fetch-options.ts";
import { mirrorAddress } from "./fetch-options.ts";
import { findKey } from "./keyring.ts";
import type { SignedData, VerifiedSigner } from "./signature.ts";
import { readClearSigned, readDetached, verifySigners } from "./signature.ts";
import { parseSums } from "./sums.ts";

const maxSumsBytes = 4 * 1024 ** 2;
const maxIndexBytes = 64 * 1024 ** 2;

/** An archive in the cache whose digest and signatures are as pinned. */
export interface VerifiedArchive {
  readonly file: string;
  /** Upstream's file name, whose ending says the format. */
  readonly fileName: string;
  readonly sha256: string;
  readonly signers: readonly VerifiedSigner[];
  /** Why there is no signature, where upstream makes none. */
  readonly unsigned?: string;
}

const fill = (template: string, version: string): string => template.replaceAll("{version}", version);
const fileNameOf = (url: string): string => decodeURIComponent(new URL(url).pathname.split("/").at(-1) ?? "");

/** The download address for a version and an architecture. @throws {@link BuildError} `UnsupportedArchitecture` */
function archiveAddress(source: SignedArchive, version: string, architecture: Architecture): string {
  const url = source.url[architecture];
  if (url !== undefined) return fill(url, version);
  throw new BuildError("UnsupportedArchitecture", {
    title: "Upstream has no archive for this architecture.",
    where: `release ${version}`,
    got: architecture,
    allowed: Object.keys(source.url).join(", "),
    fix: "Set `architecture` in the stack file, or choose another source of this client.",
  });
}

/** The pinned digest. @throws {@link BuildError} `UnknownVersion`, `ReleasePending` */
export function pinnedDigest(source: SignedArchive, version: string, architecture: Architecture): string {
  const digest = source.sha256[version]?.[architecture];
  if (digest === undefined) {
    throw new BuildError("UnknownVersion", {
      title: "No digest is pinned for this release.",
      where: `release ${version}, ${architecture}`,
      allowed: Object.keys(source.sha256).join(", "),
      fix: "Use a pinned version, or pin this one with `npm run coin -- bump`.",
    });
  }
  if (isPending(digest)) {
    throw new BuildError("ReleasePending", {
      title: "The digest of this release is not known yet.",
      where: `release ${version}, ${architecture}`,
      got: `pending: ${digest.pending}`,
      fix: "Run `npm run coin -- bump` on a machine that reaches the upstream project, or choose another source of this client.",
    });
  }
  return digest.toLowerCase();
}

/** The mirror first, if there is one; upstream when the mirror does not have the file. Never upstream because the mirror's file is wrong. */
async function downloadAnywhere(url: string, file: string, limits: FetchLimits, options: ResolvedFetchOptions): Promise<string> {
  const mirror = mirrorAddress(options.mirror, url);
  if (mirror === undefined) {
    await download(url, file, limits, options.onProgress);
    return url;
  }
  try {
    await download(mirror, file, limits, options.onProgress);
    return mirror;
  } catch (cause) {
    if (!(cause instanceof BuildError) || cause.name !== "DownloadFailed" || cause.details.got !== "HTTP 404") throw cause;
    await download(url, file, limits, options.onProgress);
    return url;
  }
}

function wrongDigest(from: string, got: string, expected: string): BuildError {
  return new BuildError("DigestMismatch", {
    title: "The downloaded file is not the pinned one.",
    where: from,
    got: `sha256 ${got}`,
    allowed: `sha256 ${expected}`,
    fix: "Upstream or a mirror delivers another file than the reviewed one. Find out why before anything else; the file has been thrown away.",
  });
}

async function fetchMissing(url: string, file: string, expected: string, options: ResolvedFetchOptions): Promise<void> {
  const part = `${file}.part`;
  const wasResumed = await exists(part);
  const from = await downloadAnywhere(url, part, options.limits, options);
  const got = await sha256OfFile(part);
  if (got === expected) return rename(part, file);
  await rm(part, { force: true });
  // The beginning that an earlier run left may have been another file's: once more from the start.
  if (wasResumed) return fetchMissing(url, file, expected, options);
  throw wrongDigest(from, got, expected);
}

/** Downloads by content: the name in the cache is the digest, so what is there has been compared. */
export async function fetchPinned(url: string, expected: string, options: ResolvedFetchOptions): Promise<string> {
  const folder = join(options.cacheDir, "downloads");
  const file = join(folder, expected);
  await mkdir(folder, { recursive: true });
  return withLock(file, async () => {
    if (!(await exists(file)) || (await sha256OfFile(file)) !== expected) await fetchMissing(url, file, expected, options);
    return file;
  });
}

async function fetchSmall(url: string, options: ResolvedFetchOptions): Promise<Buffer> {
  const folder = join(options.cacheDir, "signatures");
  const file = join(folder, `${sha256OfText(url)}.${process.pid}`);
  await mkdir(folder, { recursive: true });
  await rm(file, { force: true });
  try {
    await downloadAnywhere(url, file, { ...options.limits, maxBytes: maxSumsBytes }, options);
    return await readFile(file);
  } finally {
    await rm(file, { force: true });
  }
}

async function countSigners(
  data: SignedData,
  signers: readonly Signer[],
  threshold: number,
  where: string,
  options: ResolvedFetchOptions,
): Promise<readonly VerifiedSigner[]> {
  const keys = [];
  for (const signer of signers) keys.push(await findKey(signer, options, options.limits));
  if (keys.every(({ key }) => key === undefined)) {
    throw new BuildError("KeyUnavailable", {
      title: "No pinned signer's public key can be had.",
      where,
      got: keys.flatMap(({ tried }) => tried).join("; "),
      fix: `Put the keys as <FINGERPRINT>.asc into ${options.keyrings[0] ?? "a keyring folder"}. Their origin does not matter: the pinned fingerprint decides.`,
    });
  }
  return verifySigners(data, keys, threshold, where);
}

/** The signature of a file, or those of its signers where each has one of their own. One that cannot be had is one too few, not an error yet. */
async function readSignatures(
  content: Buffer,
  template: string,
  signers: readonly Signer[],
  options: ResolvedFetchOptions,
): Promise<SignedData> {
  if (!template.includes("{signer}")) return readDetached(content, await fetchSmall(template, options), template);
  const signatures = [];
  for (const { name } of signers) {
    const url = template.replaceAll("{signer}", name);
    const file = await fetchSmall(url, options).catch((error: unknown) => {
      if (error instanceof BuildError && error.name === "DownloadFailed") return undefined;
      throw error;
    });
    if (file !== undefined) signatures.push(...(await readDetached(content, file, url)).signatures);
  }
  return { content, signatures };
}

/** The digest that a signed apt repository states: its key signs the digest of the index, which states the package's. */
async function aptDigest(
  { suite, packages, signers, threshold }: Extract<SignedArchive["signature"], { kind: "aptRepository" }>,
  archiveUrl: string,
  options: ResolvedFetchOptions,
): Promise<StatedDigest> {
  const releaseUrl = `${suite}/InRelease`;
  const release = await readClearSigned(await fetchSmall(releaseUrl, options), releaseUrl);
  const verified = await countSigners(release, signers, threshold, releaseUrl, options);
  const indexUrl = `${suite}/${packages}`;
  const index = await fetchSmall(indexUrl, options);
  const expected = indexDigest(Buffer.from(release.content).toString("utf8"), packages, releaseUrl);
  const got = sha256OfText(index);
  if (got !== expected) throw wrongDigest(indexUrl, got, expected);
  const text = packages.endsWith(".gz") ? gunzipSync(index, { maxOutputLength: maxIndexBytes }) : index;
  return { sha256: packageDigest(text.toString("utf8"), fileNameOf(archiveUrl), indexUrl), signers: verified };
}

/** A digest that upstream's signers vouch for. */
interface StatedDigest {
  readonly sha256: string;
  readonly signers: readonly VerifiedSigner[];
}

/** The digest that upstream states in a signed list. */
async function statedDigest(
  source: SignedArchive,
  version: string,
  archiveUrl: string,
  options: ResolvedFetchOptions,
): Promise<StatedDigest> {
  return source.signature.kind === "aptRepository"
    ? aptDigest(source.signature, archiveUrl, options)
    : signedSums(source, version, archiveUrl, options);
}

/** The digest that upstream's signed sums state. */
async function signedSums(
  source: SignedArchive,
  version: string,
  archiveUrl: string,
  options: ResolvedFetchOptions,
): Promise<StatedDigest> {
  const { signature } = source;
  if (signature.kind !== "sums") throw new TypeError("not a sums signature");
  const sumsUrl = fill(signature.sums, version);
  const sums = await fetchSmall(sumsUrl, options);
  const signatureUrl = signature.signature === "inline" ? sumsUrl : fill(signature.signature, version);
  const data =
    signature.signature === "inline"
      ? await readClearSigned(sums, sumsUrl)
      : await readSignatures(sums, signatureUrl, signature.signers, options);
  const signers = await countSigners(data, signature.signers, signature.threshold, signatureUrl, options);
  return { sha256: parseSums(Buffer.from(data.content).toString("utf8"), fileNameOf(archiveUrl), sumsUrl), signers };
}

/**
 * Downloads an archive, compares it with the pinned digest, and checks upstream's signatures over it. Both must hold: a signature shows
 * who made it, the pin shows that it is the one that was reviewed.
 * @throws {@link BuildError}
 */
export async function fetchVerifiedArchive(
  source: SignedArchive,
  version: string,
  architecture: Architecture,
  options: ResolvedFetchOptions,
): Promise<VerifiedArchive> {
  const expected = pinnedDigest(source, version, architecture);
  return fetchAndCheck(source, version, archiveAddress(source, version, architecture), expected, options);
}

async function fetchAndCheck(
  source: SignedArchive,
  version: string,
  url: string,
  expected: string,
  options: ResolvedFetchOptions,
): Promise<VerifiedArchive> {
  const { signature } = source;
  const fileName = fileNameOf(url);
  if (signature.kind === "sums" || signature.kind === "aptRepository") {
    const { sha256, signers } = await statedDigest(source, version, url, options);
    if (sha256 !== expected) {
      throw new BuildError("SumsMismatch", {
        title: "Upstream's signed sums state another digest than the pinned one.",
        where: fill(signature.kind === "sums" ? signature.sums : signature.suite, version),
        got: `sha256 ${sha256} for ${fileName}`,
        allowed: `sha256 ${expected}`,
        fix: "Upstream has replaced a published release, or the pin is wrong. Ask upstream before changing the pin.",
      });
    }
    return { file: await fetchPinned(url, expected, options), fileName, sha256: expected, signers };
  }
  const file = await fetchPinned(url, expected, options);
  if (signature.kind === "none") return { file, fileName, sha256: expected, signers: [], unsigned: signature.reason };
  const signatureUrl = fill(signature.url, version).replaceAll("{url}", url);
  const data = await readDetached(await readFile(file), await fetchSmall(signatureUrl, options), signatureUrl);
  const signers = await countSigners(data, signature.signers, signature.threshold, signatureUrl, options);
  return { file, fileName, sha256: expected, signers };
}

/** What {@link discoverDigest} found. */
export interface DiscoveredDigest {
  readonly sha256: string;
  readonly signers: readonly VerifiedSigner[];
}

/**
 * The digest of a release that nobody has pinned yet, as upstream's signers state it. For the command that moves a coin to a new release.
 * Without a signature there is nothing to trust, and it refuses.
 * @throws {@link BuildError}
 */
export async function discoverDigest(
  source: SignedArchive,
  version: string,
  architecture: Architecture,
  options: ResolvedFetchOptions,
): Promise<DiscoveredDigest> {
  const url = archiveAddress(source, version, architecture);
  const { signature } = source;
  if (signature.kind === "sums" || signature.kind === "aptRepository") return statedDigest(source, version, url, options);
  if (signature.kind === "none") {
    throw new BuildError("SignatureMissing", {
      title: "Upstream does not sign this release.",
      where: url,
      got: signature.reason,
      fix: "Compare digests from two independent places by hand and pin the result.",
    });
  }
  const folder = join(options.cacheDir, "downloads");
  await mkdir(folder, { recursive: true });
  const part = join(folder, `${sha256OfText(url)}.new.part`);
  await rm(part, { force: true });
  await downloadAnywhere(url, part, options.limits, options);
  try {
    const signatureUrl = fill(signature.url, version).replaceAll("{url}", url);
    const data = await readDetached(await readFile(part), await fetchSmall(signatureUrl, options), signatureUrl);
    const signers = await countSigners(data, signature.signers, signature.threshold, signatureUrl, options);
    const sha256 = await sha256OfFile(part);
    await rename(part, join(folder, sha256));
    return { sha256, signers };
  } finally {
    await rm(part, { force: true });
  }
}
