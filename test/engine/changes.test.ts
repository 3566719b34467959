import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseStackFile } from "@coinfleet/config";
import { assess, renderNote } from "@coinfleet/report";
import { startSandbox, type Sandbox } from "@coinfleet/sandbox";
import { stringify } from "yaml";
import { coins } from "../../coins/index.ts";
import { changes, prices, type Change } from "./changes.ts";
import { fleetStackFile } from "./fleet-stack-file.ts";
import { recordPreview } from "./record-preview.ts";
import { TestStack } from "./support.ts";

describe("what a change to the repository would do to a stack that is up, by the real engine", function () {
  this.timeout(40 * 60_000);
  let sandbox: Sandbox;
  let stack: TestStack;

  before(async () => {
    sandbox = await startSandbox({ name: `changes-${process.pid}` });
    stack = (await TestStack.create("fleet", sandbox.env)).withEnv({ PULUMI_DEBUG_COMMANDS: "true" });
    await stack.write(fleetStackFile());
    const { code, stdout, stderr } = await stack.up("--parallel", "16", "--policy-pack", "packages/policy");
    assert.equal(code, 0, stdout + stderr);
  });
  after(async () => {
    await stack?.remove();
    await sandbox?.down();
  });

  async function eventsOf({ wish, edits = [] }: Change): Promise<string> {
    const log = join(tmpdir(), `coinfleet-changes-${process.pid}.events`);
    await stack.write(fleetStackFile(wish));
    for (const [path, from, to] of edits) await stack.edit(path, from, to);
    await stack.run(["preview", "--non-interactive", "--policy-pack", "packages/policy", "--event-log", log]);
    for (const [path] of edits) await stack.restore(path);
    return readFile(log, "utf8");
  }

  for (const change of changes) {
    it(`${change.id} is judged: ${change.verdict}, and why`, async () => {
      const reading = parseStackFile(stringify({ config: fleetStackFile(change.wish) }), coins, {
        environment: "fleet",
        file: "the stack file",
      });
      const config = "config" in reading ? reading.config : undefined;
      const events = await eventsOf(change);
      recordPreview(change.id, events);
      const judged = assess({ environment: "fleet", events, config, prices });
      const note = renderNote([judged], prices);
      assert.equal(judged.verdict, change.verdict, note);
      for (const sentence of change.says) assert.ok(note.includes(sentence), `${sentence}\nis not in\n${note}`);
    });
  }
});
