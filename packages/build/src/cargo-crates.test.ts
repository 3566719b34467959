import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Architecture, CargoCrates } from "@coinfleet/sdk";
import { pending } from "@coinfleet/sdk";
import { buildCargoCrates, compiledFrom } from "./cargo-crates.ts";
import { resolveFetchOptions } from "./fetch-options.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const native: Architecture = process.arch === "arm64" ? "arm64" : "x86_64";

/** A `cargo` that fetches a crate as cargo does, and writes down how it was called. */
const fakeCargo = (delivered: string): string => `#!/bin/sh
echo "$* RUSTFLAGS=$RUSTFLAGS" >> "$FAKE_CARGO_LOG"
case "$1" in
  --version) echo "cargo 1.95.0" ;;
  info) mkdir -p "$CARGO_HOME/registry/cache/index"; printf %s "${delivered}" > "$CARGO_HOME/registry/cache/index/$(echo "$2" | tr @ -).crate" ;;
  install) while [ $# -gt 0 ]; do
      case "$1" in --root) root=$2 ;; --bin) mkdir -p "$root/bin"; echo compiled > "$root/bin/$2" ;; esac
      shift
    done ;;
esac
`;

describe("buildCargoCrates", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "coinfleet-cargo-test-"));
    await mkdir(join(folder, "out"));
    await mkdir(join(folder, "bin"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const source = (sums: CargoCrates["sums"][string]): CargoCrates => ({
    kind: "cargoCrates",
    version: "1.2.3",
    crates: { "coin-daemon": ["coind", "coin-test"], "coin-keys": ["coin-keys"] },
    sums: { "1.2.3": sums },
  });
  const good = source({ "coin-daemon": sha256("the crate"), "coin-keys": sha256("the crate") });

  async function build(release: CargoCrates, delivered = "the crate", architecture = native): Promise<string> {
    await writeFile(join(folder, "bin/cargo"), fakeCargo(delivered));
    await chmod(join(folder, "bin/cargo"), 0o755);
    const PATH = `${join(folder, "bin")}:/usr/bin:/bin`;
    const environment = { PATH, CARGO_HOME: join(folder, "home"), FAKE_CARGO_LOG: join(folder, "log"), RUSTFLAGS: "-C evil" };
    return buildCargoCrates(release, "1.2.3", architecture, join(folder, "out"), resolveFetchOptions({}), environment);
  }
  const calls = async (): Promise<readonly string[]> => (await readFile(join(folder, "log"), "utf8").catch(() => "")).trim().split("\n");

  it("compiles each pinned crate with the lock file that it carries, whatever the user's shell says", async () => {
    assert.equal(await build(good), "cargo 1.95.0");
    assert.deepEqual((await readdir(join(folder, "out"))).sort(), ["coin-keys", "coin-test", "coind"]);
    const installs = (await calls()).filter((call) => call.startsWith("install"));
    assert.equal(installs.length, 2);
    for (const call of installs) assert.match(call, /--version =1\.2\.3 --locked .* RUSTFLAGS=$/);
  });

  it("compiles nothing anew for a pin of another version, or a package that compiling takes", () => {
    const grown = { ...good, version: "2.0.0", compilers: ["g++"], sums: { ...good.sums, "2.0.0": { "coin-daemon": sha256("newer") } } };
    assert.deepEqual(compiledFrom(grown, "1.2.3"), compiledFrom(good, "1.2.3"));
    assert.notDeepEqual(compiledFrom(grown, "2.0.0"), compiledFrom(good, "1.2.3"));
    assert.notDeepEqual(compiledFrom(source({ "coin-daemon": sha256("another") }), "1.2.3"), compiledFrom(good, "1.2.3"));
  });

  it("fails when the registry delivers another crate than the pinned one, before anything is compiled", async () => {
    await assert.rejects(build(good, "another crate"), /DigestMismatch[^]*coin-daemon 1\.2\.3/);
    assert.deepEqual(await readdir(join(folder, "out")), []);
    assert.ok((await calls()).every((call) => !call.startsWith("install")));
  });

  it("fails when a crate is pending, is not pinned, or is wanted for another architecture, before cargo is asked", async () => {
    const digest = sha256("the crate");
    await assert.rejects(build(source({ "coin-daemon": digest, "coin-keys": pending("nobody looked") })), { name: "ReleasePending" });
    await assert.rejects(build(source({ "coin-daemon": digest })), { name: "UnknownVersion" });
    await assert.rejects(build(good, "the crate", native === "arm64" ? "x86_64" : "arm64"), { name: "UnsupportedArchitecture" });
    assert.deepEqual(await calls(), [""]);
  });
});
