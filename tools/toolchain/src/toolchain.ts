import { mkdir } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { exists, fewerCollections } from "@coinfleet/build";
import { defaultFolders, nonEmpty } from "./folders.ts";
import type { Folders } from "./folders.ts";
import { obtain } from "./obtain.ts";
import type { Obtained, Source, World } from "./obtain.ts";
import { cliFolder, pulumiHome } from "./pulumi-home.ts";
import type { OnToolProgress } from "./report.ts";
import { cliTool, pluginTools } from "./tools.ts";

/** Where to look, where to keep things, and whom to tell. */
export interface ToolchainOptions {
  /** Read for PATH, HOME, XDG folders, TF_PLUGIN_MIRROR and settings of Go. @default process.env */
  readonly environment?: NodeJS.ProcessEnv;
  /** @default - under XDG_CACHE_HOME and XDG_STATE_HOME */
  readonly folders?: Folders;
  /** @default - silent */
  readonly onProgress?: OnToolProgress;
  /** Each folder right under it may be a mirror of Terraform providers. @default "/opt" */
  readonly mirrorParent?: string;
}

/** One tool of the toolchain. */
export interface ReadyTool {
  readonly version: string;
  readonly path: string;
  readonly source: Source;
}

/** Everything that is needed to run the program. */
export interface Toolchain {
  readonly pulumi: ReadyTool;
  /** The folder that has `pulumi` and `pulumi-language-nodejs`. */
  readonly binFolder: string;
  /** By name: aws, command, docker. */
  readonly plugins: Readonly<Record<string, ReadyTool>>;
  readonly pulumiHome: string;
  /** The variables to set for `pulumi`, and for programs that start it. What the user has set stays. */
  readonly env: () => Record<string, string>;
}

/** Has every tool ready, and says where. The second call finds everything in the cache. @throws BuildError when a tool cannot be had */
export async function ensureToolchain(options: ToolchainOptions = {}): Promise<Toolchain> {
  const world = worldOf(options);
  // One after the other: two builds at once compile twice what they share, and one that goes on after another has failed keeps the user waiting for nothing.
  // The plugins first: one of them may be out of reach.
  const plugins: Obtained[] = [];
  for (const tool of pluginTools) plugins.push(await obtain(tool, world));
  const cli = await obtain(cliTool, world);
  const binFolder = await cliFolder(cli, world);
  const home = await pulumiHome(plugins, world);
  const backend = join(world.folders.state, "stacks");
  await mkdir(backend, { recursive: true, mode: 0o700 });
  const nodeFolder = await nodeBinFolder(world.folders);
  return {
    pulumi: ready(cli),
    binFolder,
    plugins: Object.fromEntries(plugins.map((plugin) => [plugin.tool.id, ready(plugin)])),
    pulumiHome: home,
    env: () => variables(world.environment, { nodeFolder, binFolder, home, backend }),
  };
}

/** Fills in the defaults of the options. */
export function worldOf({
  environment = process.env,
  folders = defaultFolders(environment),
  onProgress = () => undefined,
  mirrorParent = "/opt",
}: ToolchainOptions): World {
  return { environment, folders, onProgress, mirrorParent };
}

/**
 * Passphrase of the sandbox stack, whose salt is in the repository. It guards nothing: that stack's state holds no secret. A stack on AWS names a KMS
 * key as its secrets provider, and then no passphrase is asked for.
 */
const localPassphrase = "sandbox";

interface Places {
  readonly nodeFolder: string;
  readonly binFolder: string;
  readonly home: string;
  readonly backend: string;
}

function variables(environment: NodeJS.ProcessEnv, places: Places): Record<string, string> {
  const own = [places.nodeFolder, places.binFolder];
  const rest = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "" && !own.includes(folder));
  const hasPassphrase = [environment["PULUMI_CONFIG_PASSPHRASE"], environment["PULUMI_CONFIG_PASSPHRASE_FILE"]].some(
    (value) => value !== undefined,
  );
  return {
    PATH: [...own, ...rest].join(delimiter),
    PULUMI_HOME: places.home,
    PULUMI_BACKEND_URL: nonEmpty(environment["PULUMI_BACKEND_URL"]) ?? pathToFileURL(places.backend).href,
    ...(hasPassphrase ? {} : { PULUMI_CONFIG_PASSPHRASE: localPassphrase }),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    PULUMI_CREDENTIAL_STORE: "plaintext",
    // The engine and its plugins are gone after a minute. With Go's default they collect garbage for a quarter of their processor time (npm run bench:preview).
    GOGC: nonEmpty(environment["GOGC"]) ?? fewerCollections.GOGC,
  };
}

/** `node_modules/.bin`, where the workspace's own Node is first in the line; without it, the folder of the Node that runs this. */
async function nodeBinFolder(folders: Folders): Promise<string> {
  const folder = join(folders.workspace, "node_modules", ".bin");
  return (await exists(join(folder, "node"))) ? folder : dirname(process.execPath);
}

function ready({ tool, path, source }: Obtained): ReadyTool {
  return { version: tool.version, path, source };
}
