import { chmod, copyFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Architecture, CargoCrates } from "@coinfleet/sdk";
import { isPending } from "@coinfleet/sdk";
import { BuildError } from "./build-error.ts";
import { sha256OfFile } from "./cache.ts";
import type { ResolvedFetchOptions } from "./fetch-options.ts";
import { runTool } from "./run-tool.ts";

const buildTimeoutMs = 120 * 60_000;
const nativeArchitecture: Architecture = process.arch === "arm64" ? "arm64" : "x86_64";

/** The pinned digests of a version's crates. @throws {@link BuildError} `UnknownVersion`, `ReleasePending` */
export function pinnedCrates(source: CargoCrates, version: string): Readonly<Record<string, string>> {
  const entries = Object.keys(source.crates).map((crate) => {
    const pin = source.sums[version]?.[crate];
    const where = `${crate} ${version}`;
    if (pin === undefined) {
      throw new BuildError("UnknownVersion", {
        title: "No digest is pinned for this crate.",
        where,
        allowed: Object.keys(source.sums).join(", "),
        fix: "Use a pinned version, or pin each crate of this one in the coin's release source.",
      });
    }
    if (isPending(pin)) {
      throw new BuildError("ReleasePending", {
        title: "The digest of this crate is not known yet.",
        where,
        got: `pending: ${pin.pending}`,
        fix: "Pin the checksum that the crates' index states.",
      });
    }
    return [crate, pin] as const;
  });
  return Object.fromEntries(entries);
}

/** What decides the binaries of a version. Pins of other versions, and what is said for people, compile nothing anew: it takes hours. */
export const compiledFrom = ({ kind, crates, sums }: CargoCrates, version: string): object => ({ kind, crates, sums: sums[version] });

/** Settings of a user's shell that would change the result. */
const ignoredSettings =
  /^(RUSTFLAGS|RUSTC_WRAPPER|CARGO_ENCODED_RUSTFLAGS|CARGO_BUILD_.*|CARGO_INSTALL_ROOT|CARGO_TARGET_DIR|CARGO_PROFILE_.*)$/;

const cargoEnvironment = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !ignoredSettings.test(name)));

/** What must be on the machine that compiles, for people. */
const needsOf = ({ compilers = [], targets = [] }: CargoCrates): readonly string[] => [
  "cargo 1.82 or newer",
  ...targets.map((target) => `Rust's target ${target}`),
  ...compilers.map((name) => `Debian's ${name}`),
];

/** The crate's file as cargo has fetched it, from whichever registry it uses. */
async function compareCrate(crate: string, version: string, expected: string, cargoHome: string): Promise<void> {
  const cache = join(cargoHome, "registry", "cache");
  const name = `${crate}-${version}.crate`;
  const found: string[] = [];
  const list = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);
  for (const registry of await list(cache)) {
    if ((await list(join(cache, registry))).includes(name)) found.push(await sha256OfFile(join(cache, registry, name)));
  }
  if (found.length > 0 && found.every((digest) => digest === expected)) return;
  throw new BuildError("DigestMismatch", {
    title: "The crate is not the pinned one.",
    where: `${crate} ${version}`,
    got: found.length === 0 ? `no ${name} in ${cache}` : found.map((digest) => `sha256 ${digest}`).join(", "),
    allowed: `sha256 ${expected}`,
    fix: "A registry or a mirror delivers another crate than the reviewed one, or the pin is wrong. Compare with the index of crates.io.",
  });
}

/**
 * Compiles the pinned crates into `destination`, each with the lock file that it carries: so the pinned digest of the crate pins all that it needs.
 * @returns the compiler that did it @throws {@link BuildError}
 */
export async function buildCargoCrates(
  source: CargoCrates,
  version: string,
  architecture: Architecture,
  destination: string,
  options: ResolvedFetchOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const pins = pinnedCrates(source, version);
  if (architecture !== nativeArchitecture) {
    throw new BuildError("UnsupportedArchitecture", {
      title: "Crates are compiled for the machine that compiles them only.",
      where: Object.keys(pins).join(", "),
      got: architecture,
      allowed: nativeArchitecture,
      fix: "Build on a machine of this architecture, or choose another source of this client.",
    });
  }
  const directory = await mkdtemp(join(tmpdir(), "coinfleet-cargo-"));
  const cargoEnv = cargoEnvironment(environment);
  const run = (args: readonly string[]): Promise<string> =>
    runTool("cargo", args, {
      cwd: directory,
      environment: cargoEnv,
      timeoutMs: buildTimeoutMs,
      fix: `Read the lines above. It needs ${needsOf(source).join(", ")}.`,
    });
  try {
    const compiler = (await run(["--version"])).trim();
    for (const [crate, expected] of Object.entries(pins)) {
      options.onProgress({ what: `download ${crate} ${version}` });
      await run(["info", `${crate}@${version}`]);
      await compareCrate(crate, version, expected, environment["CARGO_HOME"] ?? join(homedir(), ".cargo"));
      const binaries = source.crates[crate] ?? [];
      options.onProgress({ what: `compile ${binaries.join(", ")} ${version} with ${compiler}` });
      const places = ["--root", join(directory, "root"), "--target-dir", join(directory, "target"), "--no-track"];
      await run(["install", crate, "--version", `=${version}`, "--locked", ...places, ...binaries.flatMap((name) => ["--bin", name])]);
      for (const name of binaries) {
        await copyFile(join(directory, "root", "bin", name), join(destination, name));
        await chmod(join(destination, name), 0o755);
      }
    }
    return compiler;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
