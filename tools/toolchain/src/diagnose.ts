import { findGo } from "@coinfleet/build";
import { downloadPlace } from "./download-official.ts";
import { awsProviderFix, findMade } from "./obtain.ts";
import type { World } from "./obtain.ts";
import { isProgram, versionOf } from "./search.ts";
import { findAwsProvider } from "./terraform-mirror.ts";
import { worldOf } from "./toolchain.ts";
import type { ToolchainOptions } from "./toolchain.ts";
import { cliTool, pluginTools } from "./tools.ts";
import type { Tool } from "./tools.ts";

/** What there is to say of one tool. */
export interface ToolVerdict {
  /** For example "Pulumi CLI". */
  readonly name: string;
  /** The version that is needed. */
  readonly wanted: string;
  readonly state: "ok" | "missing" | "broken";
  /** Where it was found, and how it came there. */
  readonly found?: string;
  /** What was looked at, one line each. */
  readonly tried: readonly string[];
  /** What to do, in one sentence. Empty when nothing has to be done. */
  readonly todo: string;
}

const oldestNode = 22;

/** Looks at every tool without changing anything. */
export async function diagnose(options: ToolchainOptions = {}): Promise<ToolVerdict[]> {
  const world = worldOf(options);
  return [await diagnoseNode(world), ...(await Promise.all([cliTool, ...pluginTools].map((tool) => diagnoseTool(tool, world))))];
}

async function diagnoseNode({ folders }: World): Promise<ToolVerdict> {
  const own = `${folders.workspace}/node_modules/.bin/node`;
  const path = (await isProgram(own)) ? own : process.execPath;
  const version = (await versionOf(path, ["--version"])) ?? "unknown";
  const isNew = Number(version.split(".")[0]) >= oldestNode;
  const tried = [`${path}: ${version}`];
  if (isNew) return { name: "Node", wanted: `${oldestNode} or newer`, state: "ok", found: `${path} (${version})`, tried, todo: "" };
  return {
    name: "Node",
    wanted: `${oldestNode} or newer`,
    state: "missing",
    tried,
    todo: "Run npm ci, which installs Node 24 into node_modules.",
  };
}

async function diagnoseTool(tool: Tool, world: World): Promise<ToolVerdict> {
  const about = { name: tool.title.replace(` ${tool.version}`, ""), wanted: tool.version };
  const installed = await tool.search(world.environment, world.folders);
  if (installed.path !== undefined)
    return { ...about, state: "ok", found: `${installed.path} (installed)`, tried: installed.tried, todo: "" };
  const made = await findMade(tool, world);
  if (made === undefined) return { ...about, state: "missing", ...(await waysToGet(tool, world, installed.tried)) };
  const found = `${made.path} (${made.source}${made.terraformProvider === undefined ? "" : `, over ${made.terraformProvider}`})`;
  const version = await versionOf(made.path, tool.id === "pulumi" ? ["version"] : ["--version"]);
  // An official plugin may not answer --version; the CLI and what is built here do.
  const isSilentPlugin = version === undefined && made.source === "official download" && tool.id !== "pulumi";
  if (version === tool.version || isSilentPlugin) {
    return { ...about, state: "ok", found, tried: installed.tried, todo: "" };
  }
  const folder = made.path.slice(0, made.path.lastIndexOf("/"));
  return {
    ...about,
    state: "broken",
    found,
    tried: [...installed.tried, `${made.path}: answers ${version ?? "nothing"}`],
    todo: `Remove ${folder} and run npm start again.`,
  };
}

async function waysToGet(tool: Tool, world: World, tried: readonly string[]): Promise<Pick<ToolVerdict, "tried" | "todo">> {
  const place = await downloadPlace(world.environment);
  const all = [...tried, `cache ${world.folders.cache}: not there`];
  if (place.whyNot === undefined) return { tried: all, todo: `Run npm start: it will be downloaded from ${new URL(place.base).host}.` };
  all.push(`download: ${place.whyNot}`);
  if (tool.terraform === "found in a mirror") {
    const mirror = await findAwsProvider(world);
    all.push(...mirror.tried);
    if (mirror.provider === undefined) return { tried: all, todo: awsProviderFix };
  }
  const go = await findGo(world.environment).then(
    ({ path, version }) => ({ path, version }),
    () => undefined,
  );
  if (go === undefined)
    return {
      tried: [...all, "go: none that is new enough"],
      todo: "Install Go 1.26 or newer so that it can be built, or let this machine reach get.pulumi.com once.",
    };
  const recipes = typeof tool.terraform === "object" ? [tool.recipe, tool.terraform] : [tool.recipe];
  const minutes = Math.ceil(recipes.reduce((sum, { expectedSec }) => sum + expectedSec, 0) / 60);
  return {
    tried: [...all, `go: ${go.path} (${go.version})`],
    todo: `Run npm start: it will be built with ${go.path} in about ${minutes} min on two cores.`,
  };
}
