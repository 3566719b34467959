import assert from "node:assert/strict";
import { checkpoints, findFork } from "./settled-blocks.ts";

const block = (height: number, hash: string): { height: number; hash: string } => ({ height, hash });

describe("settled blocks", () => {
  it("are at heights that nodes a few blocks apart have in common", () => {
    assert.deepEqual(checkpoints(1009, 6), [1000, 990, 980]);
    assert.deepEqual(checkpoints(1005, 6), [990, 980, 970]);
  });

  it("do not exist on a young chain", () => {
    assert.deepEqual(checkpoints(5, 6), []);
    assert.deepEqual(checkpoints(17, 6), [10]);
  });

  it("are compared at the highest common height", () => {
    assert.equal(findFork([block(20, "a"), block(10, "b")], [[block(10, "b")]]), "same");
    assert.equal(findFork([block(20, "a"), block(10, "b")], [[block(20, "x"), block(10, "b")]]), "different");
  });

  it("say nothing where no height is in common", () => {
    assert.equal(findFork([block(20, "a")], [[block(10, "b")], []]), "unknown");
  });

  it("follow the majority, which counts the node itself", () => {
    const own = [block(20, "a")];
    assert.equal(findFork(own, [[block(20, "a")], [block(20, "x")]]), "same");
    assert.equal(findFork(own, [[block(20, "x")], [block(20, "x")]]), "different");
    assert.equal(findFork(own, [[block(20, "a")], [block(20, "x")], [block(20, "x")]]), "different");
  });
});
