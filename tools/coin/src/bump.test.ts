import assert from "node:assert/strict";
import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FetchOptions } from "@coinfleet/build";
import { bump, type Bumped, type BumpRequest } from "./bump.ts";
import { hostileReleases } from "./testing/hostile-releases.ts";
import { pinText, scratchCoins, type SourceText } from "./testing/scratch-coin.ts";

const former = "1.0.0";
const version = "1.1.0";
const old = pinText(former, { x86_64: "a".repeat(64), arm64: "b".repeat(64) });

describe("bump", () => {
  const { signers, scratch } = scratchCoins();

  const write = (more: Partial<SourceText> = {}): Promise<void> =>
    scratch().write({ version: former, digests: old, signers: [signers().ann, signers().ben], threshold: 2, ...more });
  const run = async (more: Partial<BumpRequest> = {}, options: FetchOptions = {}): Promise<Bumped> =>
    bump({ coin: await scratch().load(), file: scratch().file, version, ...more }, scratch().options(options));

  /** Lines that only one of two texts has: `-` the first, `+` the second. */
  function difference(before: string, after: string): string[] {
    const [left, right] = [before.split("\n"), after.split("\n")];
    return [
      ...left.filter((line) => !right.includes(line)).map((line) => `-${line.trim()}`),
      ...right.filter((line) => !left.includes(line)).map((line) => `+${line.trim()}`),
    ];
  }

  it("writes one line for the version where it stands, and one for each digest, and nothing else", async () => {
    await write();
    const before = await scratch().text();
    const digests = await scratch().publish(version, [signers().ann, signers().ben]);
    const done = await run();
    const wanted = [`-version: "1.0.0",`, `-"1.0.0": {`, `-x86_64: "${"a".repeat(64)}",`, `-arm64: "${"b".repeat(64)}",`];
    const got = [`+version: "1.1.0",`, `+"1.1.0": {`, `+x86_64: "${digests.x86_64}",`, `+arm64: "${digests.arm64}",`];
    assert.deepEqual(difference(before, await scratch().text()), [...wanted, ...got]);
    assert.match(done.verification.join("\n"), /signed by ann[^]*signed by ben/);
    assert.deepEqual(
      (await readdir(scratch().folder)).filter((name) => name.startsWith(".bump")),
      [],
    );
  });

  it("writes the version in one line alone where the digests' key is all that names it", async () => {
    await write({ isShort: true });
    const before = await scratch().text();
    const { x86_64, arm64 } = await scratch().publish(version, [signers().ann, signers().ben]);
    await run();
    assert.deepEqual(difference(before, await scratch().text()), [
      `-"1.0.0": {`,
      `-x86_64: "${"a".repeat(64)}",`,
      `-arm64: "${"b".repeat(64)}",`,
      `+"1.1.0": {`,
      `+x86_64: "${x86_64}",`,
      `+arm64: "${arm64}",`,
    ]);
  });

  it("takes detached signatures of the archives themselves", async () => {
    await write({ isDetached: true });
    const { x86_64 } = await scratch().publish(version, [signers().ann, signers().ben]);
    await run();
    assert.match(await scratch().text(), new RegExp(x86_64));
  });

  it("leaves the former release pinned if asked to", async () => {
    await write();
    const before = await scratch().text();
    const digests = await scratch().publish(version, [signers().ann, signers().ben]);
    await run({ isKept: true });
    assert.deepEqual(difference(before, await scratch().text()).slice(1), [
      `+version: "1.1.0",`,
      `+"1.1.0": {`,
      `+x86_64: "${digests.x86_64}",`,
      `+arm64: "${digests.arm64}",`,
    ]);
  });

  it("moves to a release that is pinned already by the version's line alone", async () => {
    const digests = await scratch().publish(version, [signers().ann, signers().ben]);
    await write({ digests: `${old}\n${pinText(version, digests)}` });
    const before = await scratch().text();
    await run();
    assert.deepEqual(difference(before, await scratch().text()), [`-version: "1.0.0",`, `+version: "1.1.0",`]);
  });

  it("resolves a pending digest of the present release, with the import that only it needed", async () => {
    const digests = await scratch().publish(former, [signers().ann, signers().ben]);
    await write({ digests: `        "${former}": pendingDigests("nobody has looked yet"),` });
    await run({ version: former });
    const text = await scratch().text();
    assert.ok(text.includes(pinText(former, digests)), text);
    assert.doesNotMatch(text, /pendingDigests/);
  });

  it("tells the comment that speaks of the former release", async () => {
    await write({ digests: `        // Compared by hand.\n${old}` });
    await scratch().publish(version, [signers().ann, signers().ben]);
    assert.equal((await run()).comment, "// Compared by hand.");
  });

  it("takes a digest from a person only where upstream signs nothing, and compares the archive with it", async () => {
    const signature = `{ kind: "none", reason: "they do not sign" }`;
    await write({ signature });
    const given = await scratch().publish(version, []);
    await assert.rejects(run(), { name: "SignatureMissing" });
    await assert.rejects(run({ given: { ...given, arm64: "c".repeat(64) } }), { name: "DigestMismatch" });
    await run({ given });
    assert.match(await scratch().text(), new RegExp(given.arm64));
  });

  it("does not let a person's digest take the place of a signature", async () => {
    await write();
    const given = await scratch().publish(version, [signers().stranger]);
    await assert.rejects(run({ given }), { name: "SignatureInvalid" });
  });

  it("fails when the digests are not written out in the coin, and leaves the file as it is", async () => {
    await write({ digests: `        ...Object.fromEntries([["${former}", nobody]]),` });
    const text = (await scratch().text()).replace("export default", 'const nobody = { x86_64: "a", arm64: "b" };\n\nexport default');
    await writeFile(scratch().file, text);
    await scratch().publish(version, [signers().ann, signers().ben]);
    await assert.rejects(run(), { name: "NotEditable" });
    assert.equal(await scratch().text(), text);
  });

  it("fails on a client, a source or a version that is none", async () => {
    await write();
    await assert.rejects(run({ client: "oak" }), /UnknownName[^]*Did you mean "oakd"/);
    await assert.rejects(run({ source: "upstraem" }), /UnknownName[^]*Did you mean "upstream"/);
    await assert.rejects(run({ version: "../1.1.0" }), { name: "InvalidInput" });
  });

  it("writes a Go module's digest as the checksum database states it", async () => {
    await mkdir(join(scratch().folder, "go/bin"), { recursive: true });
    const go = join(scratch().folder, "go/bin/go");
    await writeFile(go, `#!/bin/sh\ncase "$1" in env) echo go1.26.8;; *) echo '{"Sum": "h1:new="}';; esac\n`);
    await chmod(go, 0o755);
    const { GOROOT } = process.env;
    process.env["GOROOT"] = join(scratch().folder, "go");
    try {
      await write();
      const before = await scratch().text();
      await run({ source: "go", version: "0.9.1" });
      assert.deepEqual(difference(before, await scratch().text()), [
        `-version: "0.9.0",`,
        `-sums: { "0.9.0": "h1:old=" },`,
        `+version: "0.9.1",`,
        `+sums: { "0.9.1": "h1:new=" },`,
      ]);
    } finally {
      if (GOROOT === undefined) delete process.env["GOROOT"];
      else process.env["GOROOT"] = GOROOT;
    }
  });

  for (const { what, error, says, pinned, signedBy, entries, spoil } of hostileReleases) {
    it(`fails on ${what}, and leaves the coin as it is`, async () => {
      const chosen = pinned?.(signers()) ?? [signers().ann, signers().ben];
      await write({ signers: chosen, threshold: chosen.length });
      const text = await scratch().text();
      await scratch().publish(version, signedBy?.(signers()) ?? [signers().ann, signers().ben], entries?.(version));
      const { mirror, close } = (await spoil?.(scratch(), version)) ?? {};
      try {
        const refused = await run({}, { mirror }).then(
          () => assert.fail("was accepted"),
          (cause: unknown) => cause,
        );
        assert.ok(refused instanceof Error && refused.name === error, String(refused));
        assert.match(refused.message, says);
        assert.equal(await scratch().text(), text);
      } finally {
        await close?.();
      }
    });
  }
});
