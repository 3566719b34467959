import assert from "node:assert/strict";
import { formatBytes, formatDuration, renderProgress } from "@coinfleet/build/progress";
import { Reporter } from "./reporter.ts";

describe("renderProgress", () => {
  it("says what, how far and how long still", () => {
    assert.equal(
      renderProgress({ what: "download x", done: 50 * 1024 ** 2, total: 200 * 1024 ** 2, unit: "B" }, 10),
      "download x: 50.0 MiB of 200.0 MiB (25 %, about 30 s left)",
    );
    assert.equal(renderProgress({ what: "download x", done: 100, unit: "B" }, 10), "download x: 100 B");
    assert.equal(renderProgress({ what: "unpack" }, 10), "unpack");
  });
  it("writes amounts as people do", () => {
    assert.equal(formatBytes(0), "0 B");
    assert.equal(formatBytes(3 * 1024 ** 3), "3.0 GiB");
    assert.deepEqual([59, 61, 3_700, 100_000].map(formatDuration), ["59 s", "1 min 1 s", "1 h 1 min", "1 d 3 h"]);
  });
});

describe("Reporter", () => {
  it("prints one line for a step in a log, and then one each ten seconds", () => {
    let text = "";
    let now = 0;
    const reporter = new Reporter({ write: (more) => (text += more) }, () => now);
    for (now = 0; now <= 25_000; now += 1_000) reporter.progress({ what: "compile", done: now / 1000, unit: "s" });
    assert.equal(text, "compile: 0 s\ncompile: 10 s\ncompile: 20 s\n");
  });
});
