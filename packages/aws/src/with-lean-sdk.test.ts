import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

/**
 * A program with one resource of 51 properties, in a process of its own: what is left out is left out for good. `counted.messages` are those to the engine.
 * One output is asked for before the engine answers and one after; `outputs` are the properties that are outputs in the end.
 */
const program = (input: string, newResource = "({ name, inputs }) => ({ id: name, state: { ...inputs, made: 7 } })"): string => `
  import * as pulumi from "@pulumi/pulumi";
  import { withLeanSdk } from "./packages/aws/src/with-lean-sdk.ts";
  const counted = { messages: 0 };
  const { debug } = pulumi.log;
  pulumi.log.debug = (...given) => { counted.messages += 1; return debug(...given); };
  await pulumi.runtime.setMocks({ newResource: ${newResource}, call: () => ({}) });
  const properties = Object.fromEntries(Array.from({ length: 50 }, (_, index) => ["p" + index, index]));
  const made = withLeanSdk(() => new pulumi.CustomResource("oak:index:Oak", "one", { ...properties, made: undefined, late: ${input} }));
  const early = made.p3;
  made.id.apply((id) => pulumi.all([early, made.p3, made.made, pulumi.secret(made.p4)]).apply((values) => {
    const outputs = Object.keys(made).filter((name) => /^(p\\d+|made|late)$/.test(name) && "value" in Object.getOwnPropertyDescriptor(made, name));
    console.log(JSON.stringify({ id, values, outputs, ...counted }));
  }));
`;

function run(text: string, env: Readonly<Record<string, string>> = {}): { status: number | null; stdout: string; stderr: string } {
  const args = ["--input-type=module", "--eval", text];
  return spawnSync(process.execPath, args, { encoding: "utf8", env: { ...process.env, ...env } });
}

interface Found {
  readonly id: string;
  readonly values: readonly unknown[];
  readonly outputs: readonly string[];
  readonly messages: number;
}

describe("withLeanSdk", function () {
  this.timeout(60_000);

  it("tells the engine nothing for debugging, and makes the outputs that are asked for, before or after its answer", () => {
    const { stdout, stderr } = run(program("1"));
    assert.notEqual(stdout, "", stderr);
    assert.deepEqual(JSON.parse(stdout), { id: "one", values: [3, 3, 7, 4], outputs: ["p3", "made", "p4"], messages: 0 });
  });

  it("leaves the SDK as it is when that is asked for", () => {
    const { stdout } = run(program("1"), { COINFLEET_SDK_DEBUG: "1" });
    const { values, outputs, messages } = JSON.parse(stdout) as Found;
    assert.deepEqual([values, outputs.length], [[3, 3, 7, 4], 52]);
    assert.ok(messages > 0);
  });

  it("still refuses a property that the resource has already", () => {
    const { stdout, stderr } = run(program("1").replace('"one", {', '"one", { __name: "two",'));
    assert.equal(stdout, "");
    assert.match(stderr, /has the property __name already/);
  });

  it("still fails when a registration never ends", () => {
    const { status, stdout, stderr } = run(program("new Promise(() => {})"));
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, /registrations could complete:\s+\* [^]*one/);
  });

  it("still fails when a registration fails, whoever reads its outputs", () => {
    const { status, stdout, stderr } = run(program("1", '() => { throw new Error("no oaks here") }'));
    assert.notEqual(status, 0);
    assert.equal(stdout, "");
    assert.match(stderr, /no oaks here/);
  });
});
