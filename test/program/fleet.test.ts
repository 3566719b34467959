import assert from "node:assert/strict";
import { compareWithGolden, describeResources } from "./golden.ts";
import { recordProgram, stackConfig, stacks, type Recorded } from "./record-program.ts";

for (const stack of stacks) {
  describe(`the program on stacks/Pulumi.${stack}.yaml`, function () {
    this.timeout(300_000);
    let resources: readonly Recorded[] = [];
    let outputs: Record<string, unknown> = {};

    before(async () => {
      ({ resources, outputs } = await recordProgram(stack, stackConfig(stack)));
    });

    it("registers what a review has seen", () => {
      compareWithGolden(new URL(`golden/${stack}.txt`, import.meta.url), describeResources(resources));
    });

    it("exports where each node is", () => {
      assert.ok("nodes" in outputs);
    });
  });
}
