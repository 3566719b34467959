import assert from "node:assert/strict";
import type { Server } from "node:http";
import { fleetStackFile, sandboxExceptions } from "./fleet-stack-file.ts";
import { startIdentityServer } from "./identity-server.ts";
import { TestStack, type Run } from "./support.ts";

/** Edits of the program that a rule must stop, with the real engine: file, text, what it becomes, and what is said. */
const edits: readonly (readonly [what: string, path: string, from: string, to: string, said: RegExp])[] = [
  [
    "an optional token",
    "packages/aws/src/node.ts",
    'httpTokens: "required"',
    'httpTokens: "optional"',
    /instance-metadata[^]*IMDSv2 is not required/,
  ],
  [
    "RPC open to the world",
    "packages/aws/src/group-security.ts",
    '{ key: `${role}-group`, port, source: "group",',
    '{ key: `${role}-group`, port, source: { cidr: "0.0.0.0/0" },',
    /ingress-closed[^]*not for peers to the world/,
  ],
  ["an unprotected volume", "packages/aws/src/data-volume.ts", "protect: true", "protect: false", /volume-is-a-keeper[^]*not protected/],
  [
    "alarms that tell nobody",
    "packages/aws/src/node-alarms.ts",
    "alarmActions: [topic]",
    "alarmActions: []",
    /alarm-acts[^]*it tells nobody/,
  ],
  [
    "liveness alarms that are gone",
    "packages/aws/src/node-alarms.ts",
    "of alarms)",
    'of alarms.filter(({ id }) => id !== "node-down"))',
    /node-has-liveness-alarm/,
  ],
  [
    "a role that a service may take for anybody",
    "packages/aws/src/service-role.ts",
    'Condition: { StringEquals: { "aws:SourceAccount": place.account } },',
    "",
    /role-trusts-own-account[^]*trusts a service without aws:SourceAccount/,
  ],
];

describe("the policy pack, with the real engine", function () {
  this.timeout(15 * 60_000);
  let identity: { readonly env: Readonly<Record<string, string>>; readonly server: Server };
  let stack: TestStack;
  const preview = (): Promise<Run> => stack.run(["preview", "--non-interactive", "--policy-pack", "packages/policy"]);

  before(async () => {
    identity = await startIdentityServer("000000000000");
    stack = await TestStack.create("fleet", identity.env);
    await stack.write(fleetStackFile());
  });
  after(async () => {
    await stack?.remove();
    identity?.server.close();
  });

  it("passes the program as it is, and tells the exceptions", async () => {
    const { code, stdout, stderr } = await preview();
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /exceptions[^]*volume-has-backup: litecoin-1-data-volume-g1: .* Excepted until .* by tests/);
    assert.doesNotMatch(stdout, /nothing needs this exception/);
  });

  it("tells an exception that nothing needs", async () => {
    const idle = { ...sandboxExceptions[0], rule: "network-logs-flows", resource: "region" };
    await stack.write(fleetStackFile({ exceptions: [...sandboxExceptions, idle] }));
    const { code, stdout } = await preview();
    assert.equal(code, 0, stdout);
    assert.match(stdout, /network-logs-flows: region: nothing needs this exception of tests/);
    await stack.write(fleetStackFile());
  });

  it("stops a stack whose exception has expired", async () => {
    const [first, ...others] = sandboxExceptions;
    await stack.write(fleetStackFile({ exceptions: [{ ...first, expires: "2026-01-01" }, ...others] }));
    const { code, stdout } = await preview();
    assert.notEqual(code, 0);
    assert.match(stdout, /exceptions-well-formed[^]*volume-has-backup \(tests\) expired on 2026-01-01/);
    await stack.write(fleetStackFile());
  });

  for (const [what, path, from, to, said] of edits) {
    it(`stops ${what}`, async () => {
      await stack.edit(path, from, to);
      const { code, stdout } = await preview();
      await stack.restore(path);
      assert.notEqual(code, 0, stdout);
      assert.match(stdout, said);
    });
  }
});
