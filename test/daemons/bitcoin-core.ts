import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { createAtomically, defaultCacheDir, exists, sha256OfFile, sha256OfText, withLock } from "@coinfleet/build";

const exec = promisify(execFile);

/** A crate that carries all of Bitcoin Core's sources but the wallet. Upstream's archives cannot be had from a package registry; their sources can. */
const crate = {
  name: "libbitcoinkernel-sys",
  version: "0.4.1",
  sha256: "345d18a1ce19a1becfcaaa066e3a60e9c7813ef5c23ea8c20704ca4ba1a46339",
  /** What bitcoind says that it is: a commit of the master branch after 31.x. */
  bitcoind: "31.99.0",
} as const;

/** One file that needs nothing of the image that it runs in. */
const flags = [
  ...["-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS_RELEASE=-O1", "-DCMAKE_EXE_LINKER_FLAGS=-static"],
  ...["-DENABLE_WALLET=OFF", "-DENABLE_IPC=OFF", "-DENABLE_EXTERNAL_SIGNER=OFF", "-DWITH_EMBEDDED_ASMAP=OFF"],
  ...["-DBUILD_TESTS=OFF", "-DBUILD_CLI=OFF", "-DBUILD_BITCOIN_BIN=OFF", "-DBUILD_DAEMON=ON"],
];

/** Path of a bitcoind that was compiled here, once for each user: half an hour of two cores. */
export async function bitcoind(): Promise<string> {
  const folder = join(dirname(defaultCacheDir()), `bitcoind-${sha256OfText(JSON.stringify([crate, flags])).slice(0, 16)}`);
  await withLock(`${folder}.lock`, async () => {
    if (!(await exists(folder))) await createAtomically(folder, compile);
  });
  return join(folder, "bitcoind");
}

async function compile(target: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), "coinfleet-bitcoind-"));
  const run = async (program: string, ...args: readonly string[]): Promise<string> =>
    (await exec(program, args, { cwd: work, maxBuffer: 1e8 })).stdout;
  try {
    await run("sh", join(import.meta.dirname, "../../tools/system-packages.sh"), "cmake", "g++", "make", "libboost-dev", "libevent-dev");
    await run("tar", "--extract", "--gzip", "--file", await fetchCrate(work), "--strip-components=1");
    await run("cmake", "-S", "bitcoin", "-B", "made", ...flags);
    await run("cmake", "--build", "made", "--target", "bitcoind", "--parallel", "2");
    const made = join(target, "bitcoind");
    await copyFile(join(work, "made/bin/bitcoind"), made);
    await run("strip", made);
    await chmod(made, 0o755);
    const said = await run(made, `-datadir=${work}`, "-version");
    if (!said.includes(`v${crate.bitcoind}`)) throw new Error(`not the bitcoind that was meant: ${said}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The crate as cargo's registry delivers it. @throws when it is not the pinned one */
async function fetchCrate(work: string): Promise<string> {
  const project = join(work, "fetch");
  await mkdir(join(project, "src"), { recursive: true });
  await writeFile(join(project, "src/main.rs"), "fn main() {}\n");
  const manifest = `[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\n${crate.name} = "=${crate.version}"\n`;
  await writeFile(join(project, "Cargo.toml"), manifest);
  await exec("cargo", ["fetch"], { cwd: project, maxBuffer: 1e8 });
  const registries = join(process.env["CARGO_HOME"] ?? join(homedir(), ".cargo"), "registry/cache");
  for (const registry of await readdir(registries)) {
    const file = join(registries, registry, `${crate.name}-${crate.version}.crate`);
    if ((await exists(file)) && (await sha256OfFile(file)) === crate.sha256) return file;
  }
  throw new Error(`cargo has fetched no ${crate.name} ${crate.version} with the pinned digest`);
}
