import assert from "node:assert/strict";
import { recordProgram, stackConfig, type Recorded } from "./record-program.ts";
import { compareWithGolden, describeResources } from "./golden.ts";

describe("the program on stacks/Pulumi.sandbox.yaml", function () {
  this.timeout(60_000);
  let resources: readonly Recorded[] = [];
  let outputs: Record<string, unknown> = {};

  before(async () => {
    ({ resources, outputs } = await recordProgram("sandbox", stackConfig("sandbox")));
  });

  it("registers what a review has seen", () => {
    compareWithGolden(new URL("golden/sandbox.txt", import.meta.url), describeResources(resources));
  });

  it("exports where each node is", () => {
    assert.ok("nodes" in outputs);
  });
});
