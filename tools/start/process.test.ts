import assert from "node:assert/strict";
import { mkdtempSync, existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runSideBySide } from "./process.ts";

describe("runSideBySide", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "coinfleet-side-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("runs commands at the same time", async () => {
    // Each waits for the other's file: one after the other they would never end.
    const meet = (own: string, other: string): readonly [string, ...string[]] => [
      "timeout",
      "20",
      "sh",
      "-c",
      `touch ${folder}/${own}; until [ -e ${folder}/${other} ]; do sleep 0.05; done`,
    ];
    await runSideBySide([meet("a", "b"), meet("b", "a")]);
  });

  it("ends the others when one fails, and says which one it was", async () => {
    const done = join(folder, "done");
    await assert.rejects(
      runSideBySide([
        ["sh", "-c", "exit 3"],
        ["node", "-e", `setTimeout(() => require("node:fs").writeFileSync(${JSON.stringify(done)}, ""), 20000)`],
      ]),
      /sh -c exit 3 ended with exit code 3/,
    );
    assert.equal(existsSync(done), false);
  });
});
