import assert from "node:assert/strict";
import { compareChains } from "./compare-chains.ts";

const at = (height: number, hash: string): { readonly height: number; readonly hash: string } => ({ height, hash });

describe("chains of two nodes", () => {
  it("are the same where both name a height, and the highest one is told with all that agree", () => {
    const others = [
      { node: "litecoin-1", settled: [at(130, "c"), at(120, "b"), at(110, "a")] },
      { node: "litecoin-2", settled: [at(120, "b")] },
    ];
    assert.deepEqual(compareChains([at(110, "a"), at(120, "b")], others), {
      kind: "same",
      block: at(120, "b"),
      nodes: ["litecoin-1", "litecoin-2"],
    });
  });

  it("are different when one block is, whatever the others say", () => {
    const others = [
      { node: "litecoin-1", settled: [at(120, "b")] },
      { node: "litecoin-2", settled: [at(120, "x")] },
    ];
    assert.deepEqual(compareChains([at(120, "b")], others), { kind: "different", block: at(120, "b"), node: "litecoin-2", hash: "x" });
  });

  it("are not known where no height is in both, or nobody answers", () => {
    assert.deepEqual(compareChains([at(120, "b")], [{ node: "litecoin-1", settled: [at(200, "z")] }]), { kind: "unknown" });
    assert.deepEqual(compareChains([at(120, "b")], []), { kind: "unknown" });
    assert.deepEqual(compareChains([], [{ node: "litecoin-1", settled: [at(120, "b")] }]), { kind: "unknown" });
  });
});
