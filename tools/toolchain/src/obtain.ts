import { join } from "node:path";
import { BuildError, describeCause } from "@coinfleet/build";
import { isMade, makeOnce } from "./artifact.ts";
import type { Artifact } from "./artifact.ts";
import { downloadAndUnpack, downloadPlace } from "./download-official.ts";
import type { Folders } from "./folders.ts";
import type { OnToolProgress } from "./report.ts";
import { versionOf } from "./search.ts";
import { findAwsProvider } from "./terraform-mirror.ts";
import { goArtifact } from "./tools.ts";
import type { Tool } from "./tools.ts";

/** How a tool was had. */
export type Source = "installed" | "official download" | "built here";

/** A tool that is ready to use. */
export interface Obtained {
  readonly tool: Tool;
  readonly path: string;
  readonly source: Source;
  /** The Terraform provider binary that the plugin has to be started with. */
  readonly terraformProvider?: string | undefined;
}

/** What obtaining needs to know of the world. */
export interface World {
  readonly environment: NodeJS.ProcessEnv;
  readonly folders: Folders;
  readonly onProgress: OnToolProgress;
  /** Each folder right under it may be a mirror of Terraform providers. */
  readonly mirrorParent: string;
}

/** Has a tool ready: installed already, else the official download, else built. @throws BuildError when none of them is possible */
export async function obtain(tool: Tool, world: World): Promise<Obtained> {
  const { path } = await tool.search(world.environment, world.folders);
  if (path !== undefined) return { tool, path, source: "installed" };
  const ready = await findMade(tool, world);
  if (ready !== undefined) return ready;
  const refusal = await tryDownload(tool, world);
  if (refusal === undefined) return { tool, path: join(officialArtifact(tool, world).folder, tool.program), source: "official download" };
  return build(tool, world, refusal);
}

/** The tool as an earlier run has left it in the cache. */
export async function findMade(tool: Tool, world: World): Promise<Obtained | undefined> {
  const official = officialArtifact(tool, world);
  if (await isMade(official)) return { tool, path: join(official.folder, tool.program), source: "official download" };
  const built = await goArtifact(tool.recipe, world.folders, world.environment);
  if (!(await isMade(built))) return undefined;
  const terraformProvider = await findTerraformProvider(tool, world);
  if (tool.terraform !== undefined && terraformProvider === undefined) return undefined;
  return { tool, path: join(built.folder, tool.program), source: "built here", terraformProvider };
}

async function findTerraformProvider(tool: Tool, world: World): Promise<string | undefined> {
  if (tool.terraform === undefined) return undefined;
  if (tool.terraform === "found in a mirror") return (await findAwsProvider(world)).provider?.path;
  const made = await goArtifact(tool.terraform, world.folders, world.environment);
  return (await isMade(made)) ? join(made.folder, tool.terraform.program) : undefined;
}

async function build(tool: Tool, world: World, refusal: string): Promise<Obtained> {
  if (tool.terraform === "found in a mirror" && (await findAwsProvider(world)).provider === undefined)
    throw await noAwsProvider(world, refusal);
  // Plugins share a recipe: whoever comes second finds it made.
  const recipes = typeof tool.terraform === "object" ? [tool.terraform, tool.recipe] : [tool.recipe];
  for (const recipe of recipes)
    await makeOnce(world.folders.cache, await goArtifact(recipe, world.folders, world.environment), world.onProgress);
  const made = await findMade(tool, world);
  if (made === undefined) throw new Error(`${tool.title} was built, but ${tool.program} is not in ${world.folders.cache}`);
  return made;
}

/** Undefined when the tool was downloaded; else why not. A refusal is no failure: the tool is built then. */
async function tryDownload(tool: Tool, world: World): Promise<string | undefined> {
  const place = await downloadPlace(world.environment);
  if (place.whyNot !== undefined) return place.whyNot;
  try {
    await makeOnce(world.folders.cache, officialArtifact(tool, world), world.onProgress);
    return undefined;
  } catch (error) {
    return `the official download failed: ${error instanceof BuildError ? (error.details.got ?? error.details.title) : describeCause(error)}`;
  }
}

function officialArtifact(tool: Tool, { environment, folders }: World): Artifact {
  return {
    title: `${tool.title}, official download`,
    folder: join(folders.cache, `${tool.id}-${tool.version}-official`),
    programs: [tool.program],
    make: async (staging, report) => {
      const { base } = await downloadPlace(environment);
      await downloadAndUnpack(`${base.replace(/\/$/, "")}/${tool.archive.path}`, staging, tool.archive.strip, report);
      const version = await versionOf(join(staging, tool.program), tool.id === "pulumi" ? ["version"] : ["--version"]);
      if (version !== undefined && version !== tool.version)
        throw new Error(`the archive holds version ${version} instead of ${tool.version}`);
    },
  };
}

/** The one thing that cannot be built: says where to put it. */
async function noAwsProvider(world: World, refusal: string): Promise<BuildError> {
  const { tried } = await findAwsProvider(world);
  return new BuildError("ToolMissing", {
    title: "There is neither a Terraform AWS provider in a filesystem mirror nor an official download of Pulumi's aws plugin.",
    where: tried.join("\n           "),
    got: refusal,
    allowed: "terraform-provider-aws 5.100.0 or newer, below 7",
    fix: awsProviderFix,
    state: "Nothing has been built; tools that were ready stay in the cache.",
  });
}

/** What to do about a missing Terraform AWS provider, in one sentence. */
export const awsProviderFix =
  "Let this machine reach get.pulumi.com once, or put the Terraform AWS provider into a filesystem mirror " +
  "(`terraform providers mirror <folder>` makes one on a machine with internet) and set TF_PLUGIN_MIRROR to its folder.";
