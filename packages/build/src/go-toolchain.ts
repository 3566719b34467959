import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { BuildError } from "./build-error.ts";
import { exists } from "./cache.ts";
import { runTool } from "./run-tool.ts";

/** Oldest Go that builds every pinned module. */
export const minimumGo = { major: 1, minor: 26 } as const;

/** The compiler spends a sixth of its time on collecting garbage that its few seconds of life would bear. */
export const fewerCollections = { GOGC: "400" } as const;

/** A Go installation that is new enough. */
export interface GoToolchain {
  readonly path: string;
  /** For example `go1.26.8`. */
  readonly version: string;
}

async function candidates(environment: NodeJS.ProcessEnv): Promise<string[]> {
  const folders = [
    ...(environment["GOROOT"] === undefined ? [] : [join(environment["GOROOT"], "bin")]),
    ...(environment["PATH"] ?? "").split(delimiter),
    "/usr/local/go/bin",
  ];
  for (const parent of ["/usr/lib", join(homedir(), "sdk")]) {
    const names = await readdir(parent).catch(() => []);
    folders.push(...names.filter((name) => /^go-?1\./.test(name)).map((name) => join(parent, name, "bin")));
  }
  return [...new Set(folders.filter((folder) => folder !== ""))].map((folder) => join(folder, "go"));
}

/** Finds Go: `GOROOT`, `PATH`, then the usual places. @throws {@link BuildError} `ToolMissing` with everything that was tried */
export async function findGo(environment: NodeJS.ProcessEnv = process.env): Promise<GoToolchain> {
  const tried: string[] = [];
  for (const path of await candidates(environment)) {
    if (!(await exists(path))) continue;
    const output = await runTool(path, ["env", "GOVERSION"], {
      cwd: "/",
      environment: { ...environment, GOTOOLCHAIN: "local" },
      timeoutMs: 20_000,
      fix: "",
    }).catch(() => "");
    const version = output.trim();
    const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
    if (Number(major) === minimumGo.major && Number(minor) >= minimumGo.minor) return { path, version };
    tried.push(`${path} is ${version === "" ? "not usable" : version}`);
  }
  throw new BuildError("ToolMissing", {
    title: "No Go that is new enough.",
    where: "PATH, GOROOT, /usr/local/go, /usr/lib/go-*",
    got: tried.length > 0 ? tried.join("; ") : "no Go at all",
    allowed: `Go ${minimumGo.major}.${minimumGo.minor} or newer`,
    fix: "Install Go from https://go.dev/dl and put it on PATH; or choose a source of this client that needs no compiler.",
  });
}
