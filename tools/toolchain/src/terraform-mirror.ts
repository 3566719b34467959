import { readFile, readdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { homeOf, nonEmpty } from "./folders.ts";
import { isProgram } from "./search.ts";

/** The oldest Terraform AWS provider that the bridge's table was held against, and the first major version that it was not. */
const awsProviderRange = { from: "5.100.0", below: "7.0.0" } as const;

/** A Terraform provider binary in a filesystem mirror. */
interface TerraformProvider {
  readonly path: string;
  readonly version: string;
}

/** What was found, and what was looked at. */
export interface MirrorSearch {
  readonly provider?: TerraformProvider | undefined;
  readonly tried: readonly string[];
}

/** Where a mirror may be. */
export interface MirrorOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** Each folder right under it may be a mirror. */
  readonly mirrorParent: string;
}

/** Looks for the newest Terraform AWS provider that fits: TF_PLUGIN_MIRROR, Terraform's own mirror folders, folders right under /opt. */
export async function findAwsProvider(options: MirrorOptions): Promise<MirrorSearch> {
  const tried: string[] = [];
  const found: TerraformProvider[] = [];
  for (const mirror of await mirrorFolders(options)) {
    const folder = join(mirror, "registry.terraform.io", "hashicorp", "aws");
    const versions = await readdir(folder).catch(() => []);
    tried.push(`${folder}: ${versions.length > 0 ? versions.join(", ") : "not there"}`);
    for (const version of versions.filter(isInRange)) {
      const path = await binaryIn(join(folder, version, terraformPlatform()));
      if (path !== undefined) found.push({ path, version });
    }
  }
  return { provider: found.sort((a, b) => compareVersions(b.version, a.version))[0], tried };
}

/** `linux_amd64`, as Terraform and Go spell it. */
export function terraformPlatform(): string {
  return `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;
}

/** Negative when `a` is older than `b`. Pre-release suffixes are left out of account. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[.-]/).map(Number));
  for (const part of [0, 1, 2]) {
    const difference = (left?.[part] ?? 0) - (right?.[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function isInRange(version: string): boolean {
  return (
    /^\d+\.\d+\.\d+$/.test(version) &&
    compareVersions(version, awsProviderRange.from) >= 0 &&
    compareVersions(version, awsProviderRange.below) < 0
  );
}

async function mirrorFolders({ environment, mirrorParent }: MirrorOptions): Promise<string[]> {
  const home = homeOf(environment);
  const list = (value: string | undefined): string[] => (value ?? "").split(delimiter).filter((folder) => folder !== "");
  const data = [
    nonEmpty(environment["XDG_DATA_HOME"]) ?? join(home, ".local", "share"),
    ...list(nonEmpty(environment["XDG_DATA_DIRS"]) ?? "/usr/local/share:/usr/share"),
  ];
  const common = await readdir(mirrorParent, { withFileTypes: true }).catch(() => []);
  return [
    ...new Set([
      ...list(environment["TF_PLUGIN_MIRROR"]),
      ...(await configuredMirrors(environment, home)),
      join(home, ".terraform.d", "plugins"),
      ...data.map((folder) => join(folder, "terraform", "plugins")),
      ...common.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map((entry) => join(mirrorParent, entry.name)),
    ]),
  ];
}

/** The mirrors and the plugin cache that Terraform's own configuration names. */
async function configuredMirrors(environment: NodeJS.ProcessEnv, home: string): Promise<string[]> {
  const file = nonEmpty(environment["TF_CLI_CONFIG_FILE"]) ?? join(home, ".terraformrc");
  const text = await readFile(file, "utf8").catch(() => "");
  const mirrors = [
    ...text.matchAll(/filesystem_mirror\s*\{[^}]*?\bpath\s*=\s*"([^"]+)"/g),
    ...text.matchAll(/^\s*plugin_cache_dir\s*=\s*"([^"]+)"/gm),
  ];
  return mirrors.map((match) => (match[1] ?? "").replace(/^(~|\$HOME)/, home));
}

async function binaryIn(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((each) => each.startsWith("terraform-provider-aws"))) {
    if (await isProgram(join(folder, name))) return join(folder, name);
  }
  return undefined;
}
