import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { debianPackage, pendingDigests, signedArchive, type Coin, type ReleaseSource } from "@coinfleet/sdk";
import { coins } from "../../../../coins/index.ts";
import { scanCoin } from "./scan-coin.ts";
import type { ClientScan } from "./scan-result.ts";

const package_ = debianPackage("oakd", { "1.0.0": "1.0.0-1" }, { oakd: "/usr/bin/oakd" });
const report = JSON.stringify({ SchemaVersion: 2, Results: [{ Class: "os-pkgs" }] });

/** Writes down what it is asked, and builds what has a Dockerfile. */
const docker = `#!/bin/sh
echo "$*" >> "$CALLS"
case "$1" in
  version) [ -z "$NO_ENGINE" ] || { echo "Cannot connect to the Docker daemon" >&2; exit 1; } ;;
  build) [ -z "$NO_BUILD" ] || { echo "E: Unable to locate package oakd" >&2; exit 100; }
    for last; do :; done
    /bin/grep -q "oakd=1.0.0-1" "$last/Dockerfile" ;;
esac
`;

/** Proves which commands are run, and what is made of their ends; not that docker builds, nor that a scanner finds anything. */
describe("scanCoin", () => {
  let root: string;
  const before = { ...process.env };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "coinfleet-scan-"));
    writeFileSync(join(root, "docker"), docker);
    writeFileSync(join(root, "scanner"), `#!/bin/sh\necho "scan $1" >> "$CALLS"\nprintf '%s' '${report}'\n`);
    for (const name of ["docker", "scanner"]) chmodSync(join(root, name), 0o755);
    Object.assign(process.env, { PATH: root, CALLS: join(root, "calls"), NO_ENGINE: "", NO_BUILD: "" });
  });
  afterEach(() => {
    for (const name of ["PATH", "CALLS", "NO_ENGINE", "NO_BUILD"]) delete process.env[name];
    process.env["PATH"] = before["PATH"];
    rmSync(root, { recursive: true });
  });

  async function scan(source: ReleaseSource): Promise<ClientScan | undefined> {
    const { litecoin } = coins;
    assert.ok(litecoin);
    const coin: Coin = {
      ...litecoin,
      clients: { other: { sources: { debian: package_ } }, oakd: { sources: { debian: source, later: package_ } } },
    };
    const choice = { client: "oakd", root, base: "debian:bookworm-slim", scanner: "scanner {image}", say: () => undefined };
    const [first, ...others] = await scanCoin(coin, choice);
    assert.deepEqual(others, []);
    return first;
  }
  const calls = (): string[] => (existsSync(join(root, "calls")) ? readFileSync(join(root, "calls"), "utf8").trim().split("\n") : []);

  it("builds the image of the release that runs, scans it and removes it", async function () {
    if (process.arch !== "x64") this.skip();
    const found = await scan(package_);
    assert.deepEqual(found, {
      client: "oakd",
      version: "1.0.0",
      source: "debian",
      scan: { state: "scanned", scanner: "scanner", findings: [] },
    });
    const [, built, scanned, removed] = calls();
    const [, image] =
      /^build --platform linux\/amd64 --tag (coinfleet-scan\/litecoin-oakd:1\.0\.0-debian-[0-9a-f]{8}-x86_64) /.exec(built ?? "") ?? [];
    assert.ok(image, built);
    assert.deepEqual([scanned, removed], [`scan ${image}`, `image rm --force ${image}`]);
  });

  it("says so where there is no docker engine, and builds nothing", async () => {
    process.env["NO_ENGINE"] = "1";
    const found = await scan(package_);
    assert.deepEqual(found?.scan, { state: "not scanned", why: "no docker engine answers: Cannot connect to the Docker daemon" });
    assert.equal(calls().length, 1);
  });

  it("says so where nobody knows the release's digest yet", async () => {
    const pending = signedArchive({
      url: { x86_64: "https://oak.example/oakd-{version}.tar.gz", arm64: "https://oak.example/oakd-{version}.tar.gz" },
      sha256: { "1.0.0": pendingDigests("nobody has looked") },
      signature: { kind: "none", reason: "they do not sign" },
      binaries: { oakd: "oakd" },
    });
    const found = await scan(pending);
    assert.equal(found?.scan.state, "not scanned");
    assert.match("why" in found.scan ? found.scan.why : "", /ReleasePending/);
    assert.ok(!calls().some((call) => call.startsWith("scan ") || call.startsWith("build ")));
  });

  it("fails where the image cannot be built, and scans nothing", async function () {
    if (process.arch !== "x64") this.skip();
    process.env["NO_BUILD"] = "1";
    const found = await scan(package_);
    assert.deepEqual(found?.scan, { state: "scan failed", why: "the image could not be built: E: Unable to locate package oakd" });
    assert.ok(!calls().some((call) => call.startsWith("scan ")));
  });
});
