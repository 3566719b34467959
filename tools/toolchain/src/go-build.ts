import { join } from "node:path";
import { fewerCollections, findGo, runTool } from "@coinfleet/build";
import type { Report } from "./report.ts";

/** A Go module of this package, and what is built of it. */
export interface GoProgram {
  /** The folder under `go/` with its go.mod and go.sum. */
  readonly module: string;
  /** Go packages; each becomes a program with its last path element's name. */
  readonly packages: readonly [string, ...string[]];
  /** Variables of the program that are set while it is linked. */
  readonly linkedVariables?: Readonly<Record<string, string>>;
  /** Compiled sooner, without inlining: for a program that no plan spends its time in. Default false. */
  readonly quickToCompile?: boolean;
  /** How many packages are compiled when nothing is cached, for progress. */
  readonly compiledPackages: number;
}

const longestBuildMs = 45 * 60_000;

/**
 * What the compiler is told: no debug information, which nobody reads here. Go's own packages are compiled as usual, so that the clients'
 * images find them in Go's cache.
 */
export const compilerFlags = ({ quickToCompile = false }: GoProgram): readonly string[] => [
  `-gcflags=all=-dwarf=false${quickToCompile ? " -l" : ""}`,
  "-gcflags=std=",
];

/** Builds the programs into a folder. go.sum pins every module by its hash. @throws BuildError when there is no Go or the build fails */
export async function goBuild(
  program: GoProgram,
  sources: string,
  target: string,
  environment: NodeJS.ProcessEnv,
  report: Report,
): Promise<void> {
  const go = await findGo(environment);
  const variables = Object.entries(program.linkedVariables ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  const flags = [
    "-v",
    "-mod=readonly",
    "-trimpath",
    "-buildvcs=false",
    ...compilerFlags(program),
    "-ldflags",
    ["-s", "-w", ...variables].join(" "),
  ];
  let downloaded = 0;
  let compiled = 0;
  await runTool(go.path, ["build", ...flags, "-o", `${target}/`, ...program.packages], {
    cwd: join(sources, "go", program.module),
    // A go.work file or flags of the user's own would change what is built.
    environment: { ...environment, ...fewerCollections, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "" },
    timeoutMs: longestBuildMs,
    fix: "See what Go said above. Where no Go module proxy can be reached, set GOPROXY to one that can; a next run goes on from Go's own cache.",
    onLine: (line) => {
      if (line.startsWith("go: downloading")) report(`downloading Go modules, ${++downloaded}`);
      else report(`compiling, package ${Math.min(++compiled, program.compiledPackages)} of at most ${program.compiledPackages}`);
    },
  });
}
