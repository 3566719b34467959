import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fakeMachine } from "./testing/fake-machine.ts";
import type { FakeMachine } from "./testing/fake-machine.ts";

const child = join(import.meta.dirname, "testing", "make-artifact.ts");
const node = join(import.meta.dirname, "..", "..", "..", "node_modules", ".bin", "node");

describe("makeOnce", () => {
  let machine: FakeMachine;
  beforeEach(async () => {
    machine = await fakeMachine();
  });
  afterEach(() => machine.remove());

  const start = (how: "quick" | "hangs") =>
    spawn(existsSync(node) ? node : process.execPath, [child, machine.root, how], { stdio: ["ignore", "pipe", "inherit"] });
  const log = (): string => (existsSync(join(machine.root, "log")) ? readFileSync(join(machine.root, "log"), "utf8") : "");

  it("lets one of two processes make it, and the other wait for it", async () => {
    const codes = await Promise.all([start("quick"), start("quick")].map((each) => once(each, "exit")));
    assert.deepEqual(
      codes.map(([code]: unknown[]) => code),
      [0, 0],
    );
    assert.equal(log(), "made\n");
    assert.equal(readFileSync(join(machine.root, "cache", "thing", "program"), "utf8"), "#!/bin/sh\n");
  });

  it("leaves nothing half-done behind a kill, and goes on in a later run", async function () {
    this.timeout(20_000);
    const killed = start("hangs");
    await once(killed.stdout, "data");
    killed.kill("SIGKILL");
    await once(killed, "exit");
    assert.equal(existsSync(join(machine.root, "cache", "thing")), false);
    assert.equal(readdirSync(join(machine.root, "cache")).filter((name) => name.startsWith(".staging-")).length, 1);
    // As the lock's owner is dead, its lock goes stale; the test does not wait a minute for that.
    const lock = join(machine.root, "cache", "thing.lock-owner.lock");
    const { utimes } = await import("node:fs/promises");
    await utimes(lock, 0, 0);
    const [code] = (await once(start("quick"), "exit")) as [number];
    assert.equal(code, 0);
    assert.equal(log(), "made\n");
  });
});
