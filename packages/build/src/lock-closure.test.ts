import assert from "node:assert/strict";
import { lockClosure, lockedVersion } from "./lock-closure.ts";

const lock = JSON.stringify({
  packages: {
    "packages/a": { version: "0.1.0", dependencies: { "@x/b": "0.1.0", left: "1.0.0" } },
    "packages/b": { version: "0.1.0", dependencies: { right: "2.0.0" } },
    "packages/c": { version: "0.1.0", dependencies: { other: "9.0.0" } },
    "node_modules/@x/b": { resolved: "packages/b", link: true },
    "node_modules/left": { version: "1.0.0", integrity: "sha512-l", dependencies: { right: "^1.0.0" } },
    "node_modules/left/node_modules/right": { version: "1.5.0", integrity: "sha512-r1" },
    "node_modules/right": { version: "2.0.0", integrity: "sha512-r2" },
    "node_modules/other": { version: "9.0.0", integrity: "sha512-o" },
  },
});

describe("lockClosure", () => {
  it("follows workspaces and nested packages as Node does, and ignores what another workspace needs", () => {
    assert.deepEqual(lockClosure(lock, ["packages/a"]), ["left@1.0.0 sha512-l", "right@1.5.0 sha512-r1", "right@2.0.0 sha512-r2"]);
  });

  it("knows the version of a package that another machine would install", () => {
    assert.deepEqual([lockedVersion(lock, "left"), lockedVersion(lock, "absent")], ["1.0.0", undefined]);
  });
});
