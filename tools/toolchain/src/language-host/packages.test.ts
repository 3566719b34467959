import assert from "node:assert/strict";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseCommandLine } from "./engine.ts";
import { findPackages, requiredPlugins } from "./packages.ts";

describe("requiredPlugins", () => {
  let root: string;
  const manifest = async (path: string, content: object): Promise<void> => {
    const file = join(root, path, "package.json");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(content));
  };
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "packages-"));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it("finds the plugins of dependencies, of their dependencies and of workspaces", async () => {
    await manifest(".", { dependencies: { a: "1" }, workspaces: ["packages/*"] });
    await manifest("node_modules/a", { name: "a", dependencies: { b: "1" } });
    await manifest("node_modules/b", { name: "@pulumi/b", version: "1.2.3", pulumi: { resource: true } });
    await manifest("packages/w", { name: "w", dependencies: { c: "1" } });
    await manifest("node_modules/c", { name: "c", version: "9.9.9", pulumi: { resource: true, name: "see", version: "v2.0.0" } });
    assert.deepEqual(
      requiredPlugins(findPackages(root)).map(({ name, version }) => `${name} ${version}`),
      ["b v1.2.3", "see v2.0.0"],
    );
  });

  it("ends although packages depend on each other, and leaves missing ones out", async () => {
    await manifest(".", { dependencies: { a: "1", gone: "1" } });
    await manifest("node_modules/a", { name: "a", dependencies: { b: "1" } });
    await manifest("node_modules/b", { name: "b", dependencies: { a: "1" } });
    assert.equal(findPackages(root).length, 3);
  });
});

describe("parseCommandLine", () => {
  it("takes the last positional argument for the engine's address", () => {
    assert.deepEqual(parseCommandLine(["--logtostderr", "-v=9", "--tracing", "tcp://127.0.0.1:9", "127.0.0.1:4711"]), {
      address: "127.0.0.1:4711",
      tracing: "tcp://127.0.0.1:9",
    });
    assert.deepEqual(parseCommandLine([]), { address: "", tracing: "" });
  });
});
