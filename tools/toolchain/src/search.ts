import { execFile } from "node:child_process";
import { access, constants, realpath } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { homeOf, nonEmpty } from "./folders.ts";
import type { Folders } from "./folders.ts";

const execute = promisify(execFile);
const answerTimeMs = 15_000;

/** A program that is already on this machine, and the places where another version or nothing was found. */
export interface SearchResult {
  readonly path?: string | undefined;
  readonly tried: readonly string[];
}

/** Looks for the Pulumi CLI of exactly this version: on PATH, then where its installer puts it. */
export async function findInstalledCli(version: string, environment: NodeJS.ProcessEnv, folders: Folders): Promise<SearchResult> {
  const places = [...pathFolders(environment), join(homeOf(environment), ".pulumi", "bin")];
  return firstOfVersion(
    places.map((folder) => join(folder, "pulumi")),
    ["version"],
    version,
    folders,
  );
}

/** Looks for a provider plugin of exactly this version: in Pulumi's plugin folder, then on PATH. */
export async function findInstalledPlugin(
  name: string,
  version: string,
  environment: NodeJS.ProcessEnv,
  folders: Folders,
): Promise<SearchResult> {
  const file = `pulumi-resource-${name}`;
  const home = nonEmpty(environment["PULUMI_HOME"]) ?? join(homeOf(environment), ".pulumi");
  const installed = join(home, "plugins", `resource-${name}-v${version}`, file);
  // Plugins in that folder carry their version in its name; some of them do not answer --version.
  if (await isForeignProgram(installed, folders)) return { path: installed, tried: [] };
  const onPath = await firstOfVersion(
    pathFolders(environment).map((folder) => join(folder, file)),
    ["--version"],
    version,
    folders,
  );
  return { path: onPath.path, tried: [`${installed}: not there`, ...onPath.tried] };
}

/** What a program prints when asked for its version, without a leading "v". Undefined when it does not answer. */
export async function versionOf(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await execute(program, args, { timeout: answerTimeMs, env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" } });
    return /v?(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

/** Whether there is a program at this path. */
export async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function firstOfVersion(
  candidates: readonly string[],
  args: readonly string[],
  version: string,
  folders: Folders,
): Promise<SearchResult> {
  const tried: string[] = [];
  for (const candidate of candidates) {
    if (!(await isForeignProgram(candidate, folders))) continue;
    const found = await versionOf(candidate, args);
    if (found === version) return { path: candidate, tried };
    tried.push(`${candidate}: ${found === undefined ? "does not tell its version" : `version ${found}, ${version} is needed`}`);
  }
  return { tried: tried.length > 0 ? tried : ["PATH: not there"] };
}

/** Our own tools are on PATH too once the environment has been set; they are not "already installed". */
async function isForeignProgram(path: string, folders: Folders): Promise<boolean> {
  if (!(await isProgram(path))) return false;
  const real = await realpath(path);
  return ![folders.cache, folders.state].some((own) => real.startsWith(`${own}/`) || path.startsWith(`${own}/`));
}

function pathFolders(environment: NodeJS.ProcessEnv): string[] {
  return [...new Set((environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== ""))];
}
