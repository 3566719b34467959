import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { planImage, prepareImageContext, type FetchOptions } from "@coinfleet/build";
import type { Coin, ResolvedClient } from "@coinfleet/sdk";
import { projectRoot } from "./project.ts";
import { hostileReleases } from "./testing/hostile-releases.ts";
import { pinText, scratchCoins } from "./testing/scratch-coin.ts";
import { verifyCoin, type ReleaseCheck } from "./verify-coin.ts";

const version = "1.1.0";

describe("verifyCoin", () => {
  const { signers, scratch } = scratchCoins();

  async function checks(options: FetchOptions): Promise<readonly ReleaseCheck[]> {
    const found: ReleaseCheck[] = [];
    for await (const one of verifyCoin(await scratch().load(), { source: "upstream" }, options)) found.push(one);
    return found;
  }

  /** Makes the build context of the coin's image, as `pulumi up` would. */
  async function makeImage(coin: Coin, options: FetchOptions): Promise<void> {
    const source = coin.clients["oakd"]?.sources["upstream"];
    assert.ok(source);
    const client: ResolvedClient = { name: "oakd", version, sourceName: "upstream", source, runtimePackages: [] };
    const plan = planImage({ kind: "client", client, base: "debian:bookworm-slim", architecture: "x86_64" }, projectRoot);
    await prepareImageContext(plan, join(scratch().folder, "images", "oakd"), projectRoot, options);
  }

  it("verifies a release with good signatures, for each architecture, and an image can be made of it", async () => {
    const pinned = [signers().ann, signers().ben];
    await scratch().write({ version, digests: pinText(version, await scratch().publish(version, pinned)), signers: pinned, threshold: 2 });
    const found = await checks(scratch().options());
    assert.deepEqual(
      found.map(({ outcome, architecture }) => `${outcome} ${architecture}`),
      ["verified x86_64", "verified arm64"],
    );
    assert.match(found[0]?.said ?? "", /sha256 [0-9a-f]{64}\nsigned by ann [^]*signed by ben/);
    await makeImage(await scratch().load(), scratch().options());
    assert.deepEqual(await readdir(join(scratch().folder, "images")), ["oakd"]);
  });

  it("asks upstream again, whatever an earlier run has found", async () => {
    const pinned = [signers().ann];
    await scratch().write({ version, digests: pinText(version, await scratch().publish(version, pinned)), signers: pinned, threshold: 1 });
    await checks(scratch().options());
    await scratch().publish(version, [signers().stranger]);
    assert.deepEqual(
      (await checks(scratch().options())).map(({ outcome }) => outcome),
      ["failed", "failed"],
    );
  });

  it("fails on a pending digest, with its reason", async () => {
    const digests = `"${version}": pendingDigests("nobody has looked yet"),`;
    await scratch().write({ version, digests, signers: [signers().ann], threshold: 1 });
    const [first] = await checks(scratch().options());
    assert.equal(first?.outcome, "failed");
    assert.match(first.said, /^ReleasePending[^]*pending: nobody has looked yet/);
  });

  for (const { what, error, says, pinned, signedBy, entries, spoil } of hostileReleases) {
    it(`fails on ${what}: a clear error, and no image`, async () => {
      const chosen = pinned?.(signers()) ?? [signers().ann, signers().ben];
      const digests = await scratch().publish(version, signedBy?.(signers()) ?? [signers().ann, signers().ben], entries?.(version));
      await scratch().write({ version, digests: pinText(version, digests), signers: chosen, threshold: chosen.length });
      const { mirror, close } = (await spoil?.(scratch(), version)) ?? {};
      try {
        const [x86] = await checks(scratch().options({ mirror }));
        assert.equal(x86?.outcome, "failed");
        assert.ok(x86.said.startsWith(`${error}: `), x86.said);
        assert.match(x86.said, says);
        for (const line of ["where", "fix", "state"]) assert.match(x86.said, new RegExp(`^  ${line}  `, "m"));
        await assert.rejects(makeImage(await scratch().load(), scratch().options({ mirror })), { name: error });
        assert.deepEqual(await readdir(join(scratch().folder, "images")).catch(() => []), []);
      } finally {
        await close?.();
      }
    });
  }
});
