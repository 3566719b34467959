import { basename, join } from "node:path";
import type { Artifact } from "./artifact.ts";
import { digestOf } from "./digest.ts";
import { cliArchive, pluginArchive } from "./download-official.ts";
import type { Folders } from "./folders.ts";
import { compilerFlags, goBuild } from "./go-build.ts";
import type { GoProgram } from "./go-build.ts";
import { findInstalledCli, findInstalledPlugin } from "./search.ts";
import type { SearchResult } from "./search.ts";
import { pluginVersions, pulumiVersion } from "./versions.ts";

/** Ways in which one tool can be had. */
export interface Tool {
  /** `pulumi`, or the plugin's name. */
  readonly id: string;
  readonly title: string;
  readonly version: string;
  readonly program: string;
  readonly search: (environment: NodeJS.ProcessEnv, folders: Folders) => Promise<SearchResult>;
  /** The official archive, and how many leading folders it has. */
  readonly archive: { readonly path: string; readonly strip: number };
  readonly recipe: Recipe;
  /** The Terraform provider that a plugin built here serves. */
  readonly terraform?: "found in a mirror" | Recipe;
}

/** A program that is built from Go modules. */
export interface Recipe extends GoProgram {
  readonly title: string;
  readonly version: string;
  readonly program: string;
  readonly expectedSec: number;
}

const cli: Recipe = {
  title: `Pulumi CLI ${pulumiVersion}`,
  version: pulumiVersion,
  program: "pulumi",
  module: "pulumi",
  packages: ["github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"],
  linkedVariables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${pulumiVersion}` },
  compiledPackages: 1690,
  expectedSec: 300,
};

const bridge = (name: "aws" | "docker"): Recipe => ({
  title: "Bridge for the aws and docker plugins",
  version: pluginVersions.aws,
  program: `pulumi-resource-${name}`,
  module: "plugins",
  packages: ["./cmd/pulumi-resource-aws", "./cmd/pulumi-resource-docker"],
  compiledPackages: 1350,
  expectedSec: 200,
});

const command: Recipe = {
  title: `Plugin command ${pluginVersions.command}`,
  version: pluginVersions.command,
  program: "pulumi-resource-command",
  module: "plugins",
  packages: ["./cmd/pulumi-resource-command"],
  compiledPackages: 560,
  expectedSec: 50,
};

const terraformDocker: Recipe = {
  title: "Terraform provider docker",
  version: "4.0.0",
  program: "terraform-provider-docker",
  module: "terraform-provider-docker",
  packages: ["github.com/terraform-providers/terraform-provider-docker"],
  quickToCompile: true,
  compiledPackages: 800,
  expectedSec: 140,
};

/** The Pulumi CLI. */
export const cliTool: Tool = {
  id: "pulumi",
  title: cli.title,
  version: pulumiVersion,
  program: cli.program,
  search: (environment, folders) => findInstalledCli(pulumiVersion, environment, folders),
  archive: { path: cliArchive(pulumiVersion), strip: 1 },
  recipe: cli,
};

/** The provider plugins that the program uses. */
export const pluginTools: readonly Tool[] = [
  { ...plugin("aws", pluginVersions.aws, bridge("aws")), terraform: "found in a mirror" },
  plugin("command", pluginVersions.command, command),
  { ...plugin("docker", pluginVersions.docker, bridge("docker")), terraform: terraformDocker },
];

/** A recipe's place in the cache, by everything that goes into it. */
export async function goArtifact(recipe: Recipe, folders: Folders, environment: NodeJS.ProcessEnv): Promise<Artifact> {
  const salt = JSON.stringify([recipe.packages, recipe.linkedVariables, compilerFlags(recipe), process.platform, process.arch]);
  const digest = await digestOf([join(folders.sources, "go", recipe.module)], salt);
  return {
    title: recipe.title,
    folder: join(folders.cache, `${basename(recipe.packages[0])}-${recipe.version}-${digest}`),
    programs: [recipe.program],
    expectedSec: recipe.expectedSec,
    make: (staging, report) => goBuild(recipe, folders.sources, staging, environment, report),
  };
}

function plugin(name: string, version: string, recipe: Recipe): Tool {
  return {
    id: name,
    title: `Plugin ${name} ${version}`,
    version,
    program: `pulumi-resource-${name}`,
    search: (environment, folders) => findInstalledPlugin(name, version, environment, folders),
    archive: { path: pluginArchive(name, version), strip: 0 },
    recipe,
  };
}
