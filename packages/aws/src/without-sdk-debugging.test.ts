import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

/** A program with one resource, in a process of its own: what is left out is left out for good. `counted` are the messages to the engine and the promises that are watched. */
const program = (input: string): string => `
  import * as pulumi from "@pulumi/pulumi";
  import debuggable from "@pulumi/pulumi/runtime/debuggable.js";
  import { withoutSdkDebugging } from "./packages/aws/src/without-sdk-debugging.ts";
  const counted = { messages: 0, watched: 0 };
  const { debuggablePromise } = debuggable;
  debuggable.debuggablePromise = (...given) => { counted.watched += 1; return debuggablePromise(...given); };
  const { debug } = pulumi.log;
  pulumi.log.debug = (...given) => { counted.messages += 1; return debug(...given); };
  await pulumi.runtime.setMocks({ newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) });
  const properties = Object.fromEntries(Array.from({ length: 50 }, (_, index) => ["p" + index, index]));
  const made = withoutSdkDebugging(() => new pulumi.CustomResource("oak:index:Oak", "one", { ...properties, late: ${input} }));
  made.id.apply((id) => console.log(JSON.stringify({ id, ...counted })));
`;

function run(input: string, env: Readonly<Record<string, string>> = {}): { status: number | null; stdout: string; stderr: string } {
  const args = ["--input-type=module", "--eval", program(input)];
  return spawnSync(process.execPath, args, { encoding: "utf8", env: { ...process.env, ...env } });
}

const counts = (stdout: string): unknown => JSON.parse(stdout);

describe("a program without what the SDK does for its own debugging", function () {
  this.timeout(60_000);

  it("tells the engine nothing about it, and leaves properties unwatched", () => {
    const { stdout, stderr } = run("1");
    const found = counts(stdout) as { id: string; messages: number; watched: number };
    assert.deepEqual([found.id, found.messages], ["one", 0], stderr);
    assert.ok(found.watched > 0 && found.watched < 20, stdout);
  });

  it("has all of it when it is asked for", () => {
    const { stdout } = run("1", { COINFLEET_SDK_DEBUG: "1" });
    const found = counts(stdout) as { messages: number; watched: number };
    assert.ok(found.messages > 0 && found.watched > 4 * 50, stdout);
  });

  it("still fails when a registration never ends", () => {
    const { status, stdout, stderr } = run("new Promise(() => {})");
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, /registrations could complete:\s+\* [^]*one/);
  });
});
