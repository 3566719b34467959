import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Architecture, GoModule } from "@coinfleet/sdk";
import { BuildError } from "./build-error.ts";
import type { ResolvedFetchOptions } from "./fetch-options.ts";
import type { GoToolchain } from "./go-toolchain.ts";
import { fewerCollections, findGo, minimumGo } from "./go-toolchain.ts";
import { runTool, type ToolOptions } from "./run-tool.ts";

const goArchitectures = { x86_64: "amd64", arm64: "arm64" } as const satisfies Record<Architecture, string>;
const crossCompilers = { x86_64: "x86_64-linux-gnu-gcc", arm64: "aarch64-linux-gnu-gcc" } as const satisfies Record<Architecture, string>;
const buildTimeoutMs = 40 * 60_000;

/** The pinned digest of a module's version. @throws {@link BuildError} `UnknownVersion`, `ReleasePending` */
export function pinnedSum(source: GoModule, version: string): string {
  const sum = source.sums[version];
  if (typeof sum === "string") return sum;
  if (sum === undefined) {
    throw new BuildError("UnknownVersion", {
      title: "No go.sum digest is pinned for this release.",
      where: `${source.module} ${version}`,
      allowed: Object.keys(source.sums).join(", "),
      fix: "Use a pinned version, or pin this one with `npm run coin -- bump`.",
    });
  }
  throw new BuildError("ReleasePending", {
    title: "The digest of this release is not known yet.",
    where: `${source.module} ${version}`,
    got: `pending: ${sum.pending}`,
    fix: "Run `npm run coin -- bump` where the Go checksum database can be reached.",
  });
}

/** Go's spelling of a release: `1.8.0` → `v1.8.0`. Versions that are already Go's stay. */
export const goVersion = (version: string): string => (version.startsWith("v") ? version : `v${version}`);

/** The go.mod of the module that exists only to build one upstream module. Go ignores `replace` lines of dependencies, so upstream's are repeated. */
export function renderGoMod(source: GoModule, version: string): string {
  const { publishedAs } = source;
  const fork = publishedAs === undefined ? {} : { [source.module]: `${publishedAs} ${goVersion(version)}` };
  const replaces = Object.entries({ ...fork, ...source.replace }).map(([module, target]) => `replace ${module} => ${target}`);
  return [
    `module coinfleet.invalid/build`,
    ``,
    `go ${minimumGo.major}.${minimumGo.minor}`,
    ``,
    `require ${source.module} ${goVersion(version)}`,
    ...(replaces.length > 0 ? ["", ...replaces] : []),
    "",
  ].join("\n");
}

/** Settings of a user's shell that would turn a verification off or change the result. */
const ignoredSettings = new Set([
  "GOFLAGS",
  "GOPRIVATE",
  "GONOSUMDB",
  "GONOSUMCHECK",
  "GOINSECURE",
  "GOWORK",
  "GOEXPERIMENT",
  "CGO_CFLAGS",
  "CGO_LDFLAGS",
]);

/** Go's environment: the user's proxy and caches, and none of the switches that turn verification off. */
function goEnvironment(source: GoModule, architecture: Architecture, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const sumDatabase = environment["GOSUMDB"] ?? "";
  const isNative = architecture === (process.arch === "arm64" ? "arm64" : "x86_64");
  return {
    ...Object.fromEntries(Object.entries(environment).filter(([name]) => !ignoredSettings.has(name))),
    ...fewerCollections,
    GOSUMDB: sumDatabase === "off" || sumDatabase === "" ? "sum.golang.org" : sumDatabase,
    GOFLAGS: "-mod=mod -trimpath -buildvcs=false",
    GOPRIVATE: "",
    GONOSUMDB: "",
    GOINSECURE: "",
    GOWORK: "off",
    GOTOOLCHAIN: "local",
    GOOS: "linux",
    GOARCH: goArchitectures[architecture],
    CGO_ENABLED: source.cgo === true ? "1" : "0",
    ...(source.cgo === true && !isNative ? { CC: crossCompilers[architecture] } : {}),
  };
}

function downloadedSum(output: string): string {
  const parsed: unknown = JSON.parse(output);
  return typeof parsed === "object" && parsed !== null && "Sum" in parsed && typeof parsed.Sum === "string" ? parsed.Sum : "none";
}

type RunGo = (args: readonly string[], listening?: Pick<ToolOptions, "onLine" | "readable">) => Promise<string>;

/** What the proxy delivers, after Go has compared it with the checksum database. */
async function downloadSum({ module, publishedAs }: GoModule, version: string, run: RunGo): Promise<string> {
  return downloadedSum(await run(["mod", "download", "-json", `${publishedAs ?? module}@${goVersion(version)}`]));
}

async function compareSum(source: GoModule, version: string, run: RunGo): Promise<void> {
  const expected = pinnedSum(source, version);
  const got = await downloadSum(source, version, run);
  if (got === expected) return;
  throw new BuildError("DigestMismatch", {
    title: "The Go module is not the pinned one.",
    where: `${source.module} ${goVersion(version)}`,
    got,
    allowed: expected,
    fix: "The module's tag was moved, the proxy delivers another one, or the pin is wrong. Compare with https://sum.golang.org/lookup/<module>@<version>.",
  });
}

/** Why a build fails before Go would say it in its own way. */
async function checkCompiler(source: GoModule, environment: NodeJS.ProcessEnv): Promise<void> {
  if (source.cgo !== true) return;
  const compiler = environment["CC"] ?? "gcc";
  await runTool(compiler, ["--version"], {
    cwd: "/",
    environment,
    timeoutMs: 10_000,
    fix: `Install a C compiler (Debian: build-essential, or crossbuild-essential for another architecture); ${source.module} needs cgo.`,
  });
}

/** Calls Go in a folder that exists only to build one upstream module. */
async function withGo<T>(
  source: GoModule,
  version: string,
  target: { readonly architecture: Architecture; readonly environment: NodeJS.ProcessEnv },
  work: (run: RunGo, go: GoToolchain) => Promise<T>,
): Promise<T> {
  const go = await findGo(target.environment);
  const environment = goEnvironment(source, target.architecture, target.environment);
  const directory = await mkdtemp(join(tmpdir(), "coinfleet-go-"));
  const run: RunGo = (args, listening = {}) =>
    runTool(go.path, args, {
      cwd: directory,
      environment,
      timeoutMs: buildTimeoutMs,
      fix: "Read the lines above. Go needs a module proxy (GOPROXY) and the checksum database (GOSUMDB); both may be a company's.",
      ...listening,
    });
  try {
    await writeFile(join(directory, "go.mod"), renderGoMod(source, version));
    return await work(run, go);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The digest of a module's version that nobody has pinned yet, as the checksum database states it. @throws {@link BuildError} */
export async function readGoSum(source: GoModule, version: string, environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  return withGo(source, version, { architecture: "x86_64", environment }, (run) => downloadSum(source, version, run));
}

/** Compares a pinned module with the proxy and the checksum database, without compiling it. @returns what was compared @throws {@link BuildError} */
export async function checkGoModule(source: GoModule, version: string, environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const sum = pinnedSum(source, version);
  await withGo(source, version, { architecture: "x86_64", environment }, (run) => compareSum(source, version, run));
  return `${source.module} ${version} ${sum}, as Go's checksum database states it; what it depends on is compared when it is compiled`;
}

/** Compiles one pinned Go module into `destination`. @returns the compiler that did it @throws {@link BuildError} */
export async function buildGoModule(
  source: GoModule,
  version: string,
  architecture: Architecture,
  destination: string,
  options: ResolvedFetchOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<GoToolchain> {
  pinnedSum(source, version);
  await checkCompiler(source, goEnvironment(source, architecture, environment));
  return withGo(source, version, { architecture, environment }, async (run, go) => {
    options.onProgress({ what: `download ${source.module} ${version}` });
    await compareSum(source, version, run);
    for (const [path, name] of Object.entries(source.packages)) {
      const what = `compile ${name} ${version} with ${go.version}`;
      const tags = `-tags=${(source.tags ?? []).join(",")}`;
      const linking = `-ldflags=${["-s", "-w", "-buildid=", ...(source.linkerFlags ?? [])].join(" ")}`;
      const packages = new Set((await run(["list", "-deps", tags, path])).trim().split("\n"));
      const total = packages.size;
      let done = 0;
      // It names each package that it compiles; those in Go's own cache it does not, so that it may end early. The other lines are what is wrong.
      await run(["build", "-v", tags, linking, "-o", join(destination, name), path], {
        onLine: (line) => {
          if (packages.has(line)) options.onProgress({ what, done: (done += 1), total, unit: "steps" });
        },
        readable: (line) => (packages.has(line) ? undefined : line),
      });
    }
    return go;
  });
}
