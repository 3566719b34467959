import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readReport } from "./read-report.ts";
import { scanImage } from "./scan-image.ts";

const trivyFinding = (id: string, Severity: string, FixedVersion?: string): object => ({
  VulnerabilityID: id,
  PkgName: "libssl3",
  InstalledVersion: "3.0.11-1~deb12u2",
  Severity,
  ...(FixedVersion === undefined ? {} : { FixedVersion }),
});
const trivyReport = (findings: readonly object[] | undefined, more: object = {}): string =>
  JSON.stringify({
    SchemaVersion: 2,
    ArtifactName: "image",
    ArtifactType: "container_image",
    Metadata: { OS: { Family: "debian", Name: "12.5", ...more } },
    Results: [
      { Target: "image (debian 12.5)", Class: "os-pkgs", Type: "debian", ...(findings === undefined ? {} : { Vulnerabilities: findings }) },
    ],
  });
const grypeMatch = (id: string, severity: string, versions: readonly string[]): object => ({
  vulnerability: { id, severity, fix: { versions, state: versions.length > 0 ? "fixed" : "not-fixed" } },
  artifact: { name: "golang.org/x/net", version: "v0.17.0", type: "go-module" },
});
const grypeReport = (matches: readonly object[], distro: object = { name: "debian", version: "12" }): string =>
  JSON.stringify({ matches, source: { type: "image" }, distro, descriptor: { name: "grype", version: "0.104.0" } });

describe("readReport", () => {
  it("reads trivy's, from the worst on, each finding once", () => {
    const low = trivyFinding("CVE-2026-1", "LOW");
    assert.deepEqual(readReport(trivyReport([low, trivyFinding("CVE-2026-2", "CRITICAL", "3.0.12"), low])), {
      findings: [
        { id: "CVE-2026-2", severity: "CRITICAL", package: "libssl3", installed: "3.0.11-1~deb12u2", fixed: "3.0.12" },
        { id: "CVE-2026-1", severity: "LOW", package: "libssl3", installed: "3.0.11-1~deb12u2" },
      ],
    });
  });

  it("reads grype's, whose severities are written otherwise", () => {
    const matches = [
      grypeMatch("GHSA-a", "Critical", ["0.23.0", "0.24.1"]),
      grypeMatch("GHSA-b", "Negligible", []),
      grypeMatch("GHSA-c", "odd", []),
    ];
    assert.deepEqual(readReport(grypeReport(matches)), {
      findings: [
        { id: "GHSA-a", severity: "CRITICAL", package: "golang.org/x/net", installed: "v0.17.0", fixed: "0.23.0, 0.24.1" },
        { id: "GHSA-b", severity: "NEGLIGIBLE", package: "golang.org/x/net", installed: "v0.17.0" },
        { id: "GHSA-c", severity: "UNKNOWN", package: "golang.org/x/net", installed: "v0.17.0" },
      ],
    });
  });

  it("takes a report of known packages without findings for what it is", () => {
    assert.deepEqual(readReport(trivyReport(undefined)), { findings: [] });
    assert.deepEqual(readReport(grypeReport([])), { findings: [] });
  });

  it("warns of a distribution that nobody maintains", () => {
    const report = readReport(trivyReport(undefined, { EOSL: true }));
    assert.match(("caution" in report && report.caution) || "", /nobody maintains debian 12\.5/);
  });

  for (const [what, text] of Object.entries({
    "no package that trivy knew": JSON.stringify({ SchemaVersion: 2, ArtifactName: "image" }),
    "trivy's secrets alone": JSON.stringify({ SchemaVersion: 2, Results: [{ Target: "/key", Class: "secret" }] }),
    "no package that grype knew": grypeReport([], {}),
    "nothing at all": "",
    "an empty object": "{}",
    "another program's JSON": JSON.stringify({ results: [], version: "1" }),
    "a report that breaks off": trivyReport([trivyFinding("CVE-2026-1", "HIGH")]).slice(0, -4),
    "a finding without its name": trivyReport([{ Severity: "HIGH" }]),
    "a table": "Total: 0 (HIGH: 0, CRITICAL: 0)",
  }))
    it(`fails on ${what}, which is no clean report`, () => assert.ok("problem" in readReport(text), JSON.stringify(readReport(text))));
});

describe("scanImage", () => {
  let folder: string;
  let path: string | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "coinfleet-scanner-"));
    path = process.env["PATH"];
    process.env["PATH"] = folder;
  });
  afterEach(() => {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true });
  });

  /** A scanner that says of its image what the script does. */
  function scanner(name: string, script: string): string {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return `${file} --image {image}`;
  }
  const saying = (report: string): string => `[ "$1" = --version ] && exit 0\nprintf '%s' '${report}'`;

  it("asks trivy before grype where no other is named", async () => {
    scanner("grype", `${saying(grypeReport([grypeMatch("GHSA-a", "High", [])]))}\n[ "$*" = "--quiet --output json image:1" ]`);
    const [first] = [await scanImage("image:1", undefined)];
    assert.deepEqual(first.state === "scanned" ? [first.scanner, first.findings.map(({ id }) => id)] : first, ["grype", ["GHSA-a"]]);
    scanner("trivy", saying(trivyReport(undefined)));
    const then = await scanImage("image:1", " ");
    assert.deepEqual(then, { state: "scanned", scanner: "trivy", findings: [] });
  });

  it("says that nothing was scanned where there is no scanner", async () => {
    const { state, ...rest } = await scanImage("image:1", undefined);
    assert.equal(state, "not scanned");
    assert.match("why" in rest ? rest.why : "", /neither trivy nor grype is on the PATH/);
  });

  it("gives the image to the command that is named, without a shell in between", async () => {
    const command = scanner("own", `[ "$1 $2" = '--image $(touch x);y' ] || exit 9\nprintf '%s' '${trivyReport(undefined)}'`);
    assert.equal((await scanImage("$(touch x);y", command)).state, "scanned");
  });

  it("takes findings from a scanner that fails because of them", async () => {
    const command = scanner("strict", `printf '%s' '${trivyReport([trivyFinding("CVE-2026-2", "HIGH")])}'\nexit 1`);
    assert.equal((await scanImage("image:1", command)).state, "scanned");
  });

  for (const [what, script, says] of [
    ["fails without a report", "echo 'FATAL cannot download the database' >&2; exit 1", /ended with 1: FATAL cannot download the database/],
    ["fails with an empty report", `printf '%s' '${trivyReport(undefined)}'; exit 1`, /ended with 1/],
    ["prints something else", "echo all is well", /neither trivy's nor grype's JSON/],
    ["prints nothing", "exit 0", /printed nothing/],
    ["is ended", `printf '%s' '${trivyReport(undefined)}'; kill -9 $$`, /not end within 20 min/],
  ] as const) {
    it(`fails when the scanner ${what}`, async () => {
      const scan = await scanImage("image:1", scanner("broken", script));
      assert.equal(scan.state, "scan failed");
      assert.match(scan.why, says);
    });
  }

  it("fails when the named scanner is not there, or is not told which image", async () => {
    const absent = await scanImage("image:1", join(folder, "absent {image}"));
    assert.match(absent.state === "scan failed" ? absent.why : "", /did not start/);
    const deaf = await scanImage("image:1", scanner("deaf", "").replace(" {image}", ""));
    assert.match(deaf.state === "scan failed" ? deaf.why : "", /has no \{image\}/);
  });
});
