import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import { z } from "zod";
import type { Artifact } from "./artifact.ts";
import { digestOf } from "./digest.ts";
import type { Folders } from "./folders.ts";
import { pulumiVersion } from "./versions.ts";

/** The name under which the engine looks for the host beside the CLI. */
export const languageHostProgram = "pulumi-language-nodejs";

const bundle = "language-host.cjs";
const bundledPackages = ["esbuild", "@grpc/grpc-js", "google-protobuf", "@pulumi/pulumi"] as const;
const require = createRequire(import.meta.url);

/** Our own language host, one file that needs no node_modules: a clone may be removed while its tools stay in the cache. */
export async function languageHostArtifact(folders: Folders): Promise<Artifact> {
  const versions = await Promise.all(bundledPackages.map(packageVersion));
  const source = join(folders.sources, "src", "language-host");
  const digest = await digestOf([source, join(folders.sources, "src", "versions.ts")], versions.join(" "));
  return {
    title: `Language host for Node ${pulumiVersion}`,
    folder: join(folders.cache, `language-host-${pulumiVersion}-${digest}`),
    programs: [languageHostProgram],
    expectedSec: 2,
    make: (staging) => bundleHost(join(source, "main.ts"), staging),
  };
}

async function bundleHost(entry: string, staging: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile: join(staging, bundle),
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    minify: true,
    logLevel: "error",
  });
  const script = `#!/bin/sh\nexec node "$(dirname "$(readlink -f "$0")")/${bundle}" "$@"\n`;
  await writeFile(join(staging, languageHostProgram), script, { mode: 0o755 });
}

async function packageVersion(name: string): Promise<string> {
  const text = await readFile(require.resolve(`${name}/package.json`), "utf8");
  return `${name}@${z.object({ version: z.string() }).parse(JSON.parse(text)).version}`;
}
