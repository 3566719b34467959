import assert from "node:assert/strict";
import { describeScan, objectionTo } from "./describe-scan.ts";
import type { Finding, ImageScan } from "./scan-result.ts";

const finding = (id: string, more: Partial<Finding> = {}): Finding => ({
  id,
  severity: "CRITICAL",
  package: "libssl3",
  installed: "3.0.11",
  fixed: "3.0.12",
  ...more,
});
const unfixed = (id: string, severity: Finding["severity"]): Finding => ({ id, severity, package: "libssl3", installed: "3.0.11" });
const scanned = (...findings: Finding[]): ImageScan => ({ state: "scanned", scanner: "trivy", findings });
const text = (scan: ImageScan): string => describeScan({ client: "oakd", version: "1.1.0", source: "upstream", scan }).join("\n");

describe("describeScan", () => {
  it("counts by severity, and lists the critical and high ones with what mends them", () => {
    const open = unfixed("CVE-2026-2", "HIGH");
    assert.equal(
      text(scanned(finding("CVE-2026-1"), open, finding("CVE-2026-3", { severity: "LOW" }))),
      [
        "oakd 1.1.0 (upstream): scanned by `trivy`: 1 critical, 1 high, 1 low.",
        "",
        "| severity | id | package | installed | fixed in |",
        "|---|---|---|---|---|",
        "| `CRITICAL` | `CVE-2026-1` | `libssl3` | `3.0.11` | `3.0.12` |",
        "| `HIGH` | `CVE-2026-2` | `libssl3` | `3.0.11` | – |",
      ].join("\n"),
    );
  });

  it("lists thirty at most, and says how many there are beyond", () => {
    const many = text(scanned(...Array.from({ length: 100 }, (_, index) => finding(`CVE-2026-${index}`))));
    assert.match(many, /100 critical/);
    assert.match(many, /And 70 more\.$/);
    assert.ok(many.length < 5_000);
  });

  it("says that nothing was found only of a scan that came to its end", () => {
    assert.match(text(scanned()), /no known vulnerability/);
    for (const state of ["not scanned", "scan failed"] as const) {
      const said = text({ state, why: "no scanner" });
      assert.equal(said, `oakd 1.1.0 (upstream): **${state}**: \`no scanner\``);
      assert.doesNotMatch(said, /no known|clean/);
    }
  });

  it("lets nothing that others have written out of its place", () => {
    const hostile = "x` | <b> @everyone\n| # heading ";
    const said = text(scanned(finding(hostile.repeat(20), { package: hostile })));
    assert.equal(said.split("\n").length, 5);
    assert.match(said, /\| `x <b> @everyone # heading` \|/);
    assert.ok(said.split("\n").every((line) => line.length < 400));
  });
});

describe("objectionTo", () => {
  const never = (): Promise<ImageScan> => assert.fail("the pinned release was scanned for nothing");

  it("has none, and does not ask for the pinned release, where nothing critical can be mended", async () => {
    assert.equal(
      await objectionTo(scanned(unfixed("CVE-2026-1", "CRITICAL"), finding("CVE-2026-2", { severity: "HIGH" })), never),
      undefined,
    );
    assert.equal(await objectionTo({ state: "not scanned", why: "no scanner" }, never), undefined);
    assert.equal(await objectionTo({ state: "scan failed", why: "no database" }, never), undefined);
  });

  it("has none where the pinned release has them too, whatever the versions", async () => {
    const same = scanned(finding("CVE-2026-1", { installed: "3.0.10" }));
    assert.equal(await objectionTo(scanned(finding("CVE-2026-1")), () => Promise.resolve(same)), undefined);
  });

  it("names those that the pinned release has not", async () => {
    const said = await objectionTo(scanned(finding("CVE-2026-1"), finding("CVE-2026-2")), () =>
      Promise.resolve(scanned(finding("CVE-2026-1"))),
    );
    assert.match(said ?? "", /pinned release has not: `CVE-2026-2` \(`libssl3`, fixed in `3\.0\.12`\)$/);
    const elsewhere = scanned(finding("CVE-2026-1", { package: "zlib1g" }));
    assert.match((await objectionTo(scanned(finding("CVE-2026-1")), () => Promise.resolve(elsewhere))) ?? "", /CVE-2026-1/);
  });

  it("has one where nobody knows what the pinned release has", async () => {
    const said = await objectionTo(scanned(finding("CVE-2026-1")), () => Promise.resolve({ state: "not scanned", why: "pending" }));
    assert.match(said ?? "", /CVE-2026-1[^]*not known \(not scanned: `pending`\)/);
  });
});
