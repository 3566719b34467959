import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "mocha";
import { createAtomically } from "./cache.ts";

describe("createAtomically", () => {
  let parent: string;
  beforeEach(async () => void (parent = await mkdtemp(join(tmpdir(), "coinfleet-cache-"))));
  afterEach(() => rm(parent, { recursive: true }));

  const make = (name: string): Promise<void> => createAtomically(join(parent, name), (staging) => writeFile(join(staging, "file"), name));

  it("makes many folders side by side, where each sees the others' beginnings come and go", async () => {
    const worker = async (n: number): Promise<void> => {
      for (let i = 0; i < 20; i++) await make(`folder-${n}-${i}`);
    };
    await Promise.all(Array.from({ length: 20 }, (_, n) => worker(n)));
    assert.equal((await readdir(parent)).length, 400);
  });

  it("removes what was left behind a day ago, and not what another process has just begun", async () => {
    const [old, young] = [await mkdtemp(join(parent, ".staging-")), await mkdtemp(join(parent, ".staging-"))];
    const yesterday = Date.now() / 1000 - 25 * 3600;
    await utimes(old, yesterday, yesterday);
    await make("folder");
    assert.deepEqual(await readdir(parent), [young.slice(parent.length + 1), "folder"]);
  });

  it("leaves nothing behind when the filling fails", async () => {
    await assert.rejects(
      createAtomically(join(parent, "folder"), () => Promise.reject(new Error("full"))),
      /full/,
    );
    assert.deepEqual(await readdir(parent), []);
  });
});
