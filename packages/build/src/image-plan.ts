import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ImageContext, ImageSpec } from "@coinfleet/host";
import { renderAgentImageContext, renderImageContext } from "@coinfleet/host";
import { agentSourceDigest, prepareAgentFiles } from "./agent-bundle.ts";
import { addAssets, checkAssets } from "./assets.ts";
import { BuildError } from "./build-error.ts";
import { createAtomically, exists } from "./cache.ts";
import type { FetchOptions } from "./fetch-options.ts";
import type { FetchedRelease } from "./fetch-release.ts";
import { checkPinned, fetchRelease } from "./fetch-release.ts";

/** An image that can be built: what the program needs at preview. */
export interface ImagePlan {
  readonly spec: ImageSpec;
  readonly digest: string;
  readonly tag: string;
}

function renderContext(spec: ImageSpec, root: string): ImageContext {
  switch (spec.kind) {
    case "client":
      return renderImageContext(spec);
    case "agent":
      return renderAgentImageContext({ ...spec, sourceDigest: agentSourceDigest(root, spec.coin, spec.architecture) });
  }
}

/** Digest and tag of an image, from its spec and, for an agent, from the sources under `root`. Needs neither docker nor network. */
export function planImage(spec: ImageSpec, root: string): ImagePlan {
  const { digest, tag } = renderContext(spec, root);
  return { spec, digest, tag };
}

/** What {@link prepareImageContext} has made. */
export interface PreparedImage {
  readonly directory: string;
  /** The folder was there already: it is complete or absent, so nothing was done. */
  readonly wasThere: boolean;
  /** How the binaries were verified, in words. */
  readonly verification: readonly string[];
}

async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

/** What is copied into the image keeps its mode there, and a user's umask must not decide whether the daemon can read it. */
async function setModes(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await setModes(path);
    else await chmod(path, entry.parentPath.endsWith("/bin") || entry.name === "node" ? 0o755 : 0o644);
  }
}

async function addBinaries(spec: ImageSpec, root: string, staging: string, options: FetchOptions): Promise<readonly string[]> {
  if (spec.kind === "agent") {
    await prepareAgentFiles(root, spec.coin, spec.architecture, staging);
    return [];
  }
  const { source, version } = spec.client;
  const release: FetchedRelease = await fetchRelease(source, version, spec.architecture, join(staging, "bin"), options);
  return [...release.verification, ...(await addAssets(spec.client.assets ?? {}, join(staging, "share"), options))];
}

/**
 * Writes the build context of an image: Dockerfile, and binaries that were verified outside docker. The folder is complete or absent.
 * @throws {@link BuildError} `SpecMismatch` when `digest` is not what this spec gives (another version of the program, or changed sources)
 */
export async function prepareImageContext(
  plan: { readonly spec: ImageSpec; readonly digest: string },
  directory: string,
  root: string,
  options: FetchOptions = {},
): Promise<PreparedImage> {
  const { spec, digest } = plan;
  const context = renderContext(spec, root);
  if (context.digest !== digest) {
    throw new BuildError("SpecMismatch", {
      title: "The image's digest is not the one that was asked for.",
      where: directory,
      got: context.digest,
      allowed: digest,
      fix: "Sources changed between preview and update, or two versions of the project are installed. Run the update again.",
    });
  }
  if (spec.kind === "client") {
    checkPinned(spec.client.source, spec.client.version, spec.architecture);
    checkAssets(spec.client.assets ?? {});
  }
  if (await exists(directory)) return { directory, wasThere: true, verification: [] };
  let verification: readonly string[] = [];
  await createAtomically(directory, async (staging) => {
    await writeFiles(staging, context.files);
    verification = await addBinaries(spec, root, staging, options);
    await setModes(staging);
  });
  return { directory, wasThere: false, verification };
}
