import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { recordProgram, stackConfig, type Recorded } from "./record-program.ts";

const exceptionsKey = "coinfleet:exceptions";
const exception = { rule: "image-vulnerable", reason: "The port of that library is closed.", owner: "ops", expires: "2027-01-31" };

async function resourcesWith(...more: object[]): Promise<readonly Recorded[]> {
  const config = stackConfig("sandbox");
  const exceptions = config[exceptionsKey];
  assert.ok(Array.isArray(exceptions));
  return (await recordProgram("sandbox", { ...config, [exceptionsKey]: [...(exceptions as object[]), ...more] })).resources;
}

// It does not prove that a gate lets the image pass: packages/cli/src/gate-scan.test.ts does.
describe("an image that somebody answers for", () => {
  it("is told to the gates of the nodes that run it, by digest, and changes nothing else", async function () {
    this.timeout(300_000);
    const before = await resourcesWith();
    const image = before.find(({ type, name }) => type === "coinfleet:aws:Image" && name.startsWith("litecoin-litecoind-"))?.name ?? "";
    const after = await resourcesWith(
      { ...exception, resource: image.replace(/-[^-]+-[^-]+$/, "-*") },
      { ...exception, resource: image, expires: "2026-12-01" },
      { ...exception, rule: "image-by-digest", resource: "*" },
    );
    const changed = after.filter((one, index) => !isDeepStrictEqual(one, before[index]));
    assert.deepEqual(
      changed.map(({ name }) => name),
      ["litecoin-1-gate", "litecoin-2-gate"],
    );
    for (const { inputs } of changed) {
      const { release, accepted } = JSON.parse(String(inputs["stdin"])) as {
        release: { images: Record<string, string> };
        accepted: object;
      };
      const { owner, reason, expires } = exception;
      assert.deepEqual(accepted, [{ image: release.images["litecoind"], owner, reason, expires }]);
    }
  });
});
