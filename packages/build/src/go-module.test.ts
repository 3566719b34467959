import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GoModule } from "@coinfleet/sdk";
import { resolveFetchOptions } from "./fetch-options.ts";
import { buildGoModule, checkGoModule, goVersion, readGoSum, renderGoMod } from "./go-module.ts";
import { findGo } from "./go-toolchain.ts";

const source: GoModule = {
  kind: "goModule",
  version: "1.2.3",
  module: "example.invalid/coin",
  packages: { "example.invalid/coin/cmd/coind": "coind" },
  sums: { "1.2.3": "h1:good=" },
  replace: { "example.invalid/fork": "example.invalid/ours v1.0.0" },
};

/** A `go` that answers as Go does, and writes down how it was called. */
const fakeGo = (version: string, sum: string): string => `#!/bin/sh
echo "$* GOSUMDB=$GOSUMDB GOFLAGS=$GOFLAGS GONOSUMDB=$GONOSUMDB GOPRIVATE=$GOPRIVATE CGO=$CGO_ENABLED GOARCH=$GOARCH" >> "$FAKE_GO_LOG"
case "$1 $2" in
  "env GOVERSION") echo ${version} ;;
  "mod download") echo '{"Version": "v1.2.3", "Sum": "${sum}"}' ;;
  "list -deps") echo example.invalid/coin/cmd/coind ;;
  "build -v")
    [ -z "$FAKE_GO_BREAKS" ] || { printf '%s\\n' 'coind.go:1:1: undefined: Oak' $(seq 40 | sed s,.*,example.invalid/coin/cmd/coind,) >&2; exit 1; }
    for last; do :; done; while [ "$1" != -o ]; do shift; done; echo compiled > "$2" ;;
esac
`;

describe("buildGoModule", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "coinfleet-go-test-"));
    await mkdir(join(folder, "out"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function environment(version: string, sum: string, more: NodeJS.ProcessEnv = {}): Promise<NodeJS.ProcessEnv> {
    await mkdir(join(folder, "go/bin"), { recursive: true });
    await writeFile(join(folder, "go/bin/go"), fakeGo(version, sum));
    await chmod(join(folder, "go/bin/go"), 0o755);
    return { PATH: "/usr/bin:/bin", GOROOT: join(folder, "go"), FAKE_GO_LOG: join(folder, "log"), ...more };
  }

  const build = (env: NodeJS.ProcessEnv): ReturnType<typeof buildGoModule> =>
    buildGoModule(source, "1.2.3", "arm64", join(folder, "out"), resolveFetchOptions({}), env);

  it("repeats upstream's replace lines in a go.mod of its own", () => {
    assert.match(
      renderGoMod(source, "1.2.3"),
      /^module .*\n[^]*\nrequire example\.invalid\/coin v1\.2\.3\n\nreplace example\.invalid\/fork => example\.invalid\/ours v1\.0\.0\n$/,
    );
    assert.deepEqual(["1.2.3", "v1.2.3"].map(goVersion), ["v1.2.3", "v1.2.3"]);
  });

  it("takes a fork from where it is published, under the name that its own packages use", async () => {
    const fork = { ...source, publishedAs: "fork.invalid/coin", replace: {} };
    assert.match(
      renderGoMod(fork, "1.2.3"),
      /\nrequire example\.invalid\/coin v1\.2\.3\n\nreplace example\.invalid\/coin => fork\.invalid\/coin v1\.2\.3\n$/,
    );
    const env = await environment("go1.26.8", "h1:good=");
    await buildGoModule(fork, "1.2.3", "arm64", join(folder, "out"), resolveFetchOptions({}), env);
    assert.match(await readFile(join(folder, "log"), "utf8"), /^mod download -json fork\.invalid\/coin@v1\.2\.3 /m);
  });

  it("gives the linker what a source wants of it besides the usual", async () => {
    const env = await environment("go1.26.8", "h1:good=");
    const wanting = { ...source, linkerFlags: ["-checklinkname=0"] };
    await buildGoModule(wanting, "1.2.3", "arm64", join(folder, "out"), resolveFetchOptions({}), env);
    await build(env);
    const linked = [...(await readFile(join(folder, "log"), "utf8")).matchAll(/-ldflags=(.*) -o /g)].map(([, flags]) => flags);
    assert.deepEqual(linked, ["-s -w -buildid= -checklinkname=0", "-s -w -buildid="]);
  });

  it("compiles for the wanted architecture, with every verification on whatever the user's shell says", async () => {
    const env = await environment("go1.26.8", "h1:good=", { GOSUMDB: "off", GOFLAGS: "-insecure", GONOSUMDB: "*", GOPRIVATE: "*" });
    assert.equal((await build(env)).version, "go1.26.8");
    assert.deepEqual(await readdir(join(folder, "out")), ["coind"]);
    const calls = (await readFile(join(folder, "log"), "utf8")).trim().split("\n").slice(1);
    assert.deepEqual(
      calls.map((call) => call.split(" ").slice(0, 2).join(" ")),
      ["mod download", "list -deps", "build -v"],
    );
    for (const call of calls)
      assert.match(call, / GOSUMDB=sum\.golang\.org GOFLAGS=-mod=mod -trimpath -buildvcs=false GONOSUMDB= GOPRIVATE= CGO=0 GOARCH=arm64$/);
  });

  it("fails when the proxy delivers another module than the pinned one, before anything is compiled", async () => {
    const env = await environment("go1.26.8", "h1:evil=");
    await assert.rejects(build(env), /DigestMismatch[^]*h1:evil=[^]*h1:good=/);
    assert.deepEqual(await readdir(join(folder, "out")), []);
    assert.doesNotMatch(await readFile(join(folder, "log"), "utf8"), /^build/m);
  });

  it("fails with what the compiler finds wrong, and not with the packages that it names on the way", async () => {
    const env = await environment("go1.26.8", "h1:good=", { FAKE_GO_BREAKS: "yes" });
    await assert.rejects(build(env), ({ message }: Error) => {
      assert.match(message, /^ +coind\.go:1:1: undefined: Oak$/m);
      assert.doesNotMatch(message, /^ +example\.invalid\/coin\/cmd\/coind$/m);
      return true;
    });
  });

  it("reads and checks a digest without compiling anything, with the checksum database on", async () => {
    const env = await environment("go1.26.8", "h1:good=", { GOSUMDB: "off", GONOSUMDB: "*" });
    assert.equal(await readGoSum(source, "1.2.4", env), "h1:good=");
    assert.match(await checkGoModule(source, "1.2.3", env), /example\.invalid\/coin 1\.2\.3 h1:good=/);
    await assert.rejects(checkGoModule({ ...source, sums: { "1.2.3": "h1:other=" } }, "1.2.3", env), { name: "DigestMismatch" });
    const log = await readFile(join(folder, "log"), "utf8");
    assert.match(log, /mod download -json example\.invalid\/coin@v1\.2\.4 GOSUMDB=sum\.golang\.org/);
    assert.doesNotMatch(log, /^build/m);
  });

  it("fails when no Go is new enough, and says which ones were found", async () => {
    const env = await environment("go1.19.8", "h1:good=");
    await findGo(env).then(
      // A newer Go in one of the usual places of this machine is as good.
      ({ path }) => assert.notEqual(path, join(folder, "go/bin/go")),
      (error: unknown) => assert.match(String(error), /go1\.19\.8/),
    );
  });
});
