import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { SignedArchive } from "@coinfleet/sdk";
import { sha256OfText } from "./cache.ts";
import { resolveFetchOptions } from "./fetch-options.ts";
import { fetchRelease } from "./fetch-release.ts";
import { discoverDigest } from "./signed-archive.ts";
import type { FakeUpstream } from "./testing/fake-upstream.ts";
import { FetchFixture } from "./testing/fetch-fixture.ts";
import type { TestSigner } from "./testing/signing.ts";
import { makeSigner, signClear } from "./testing/signing.ts";

const binary = Buffer.from("the daemon");
const packages = "main/binary-amd64/Packages";

describe("a release from a signed apt repository", () => {
  let upstream: FakeUpstream;
  let fixture: FetchFixture;
  let alice: TestSigner;
  let bob: TestSigner;

  before(async () => {
    [alice, bob] = await Promise.all([makeSigner("alice"), makeSigner("bob")]);
  });

  beforeEach(async () => {
    fixture = await FetchFixture.start([alice, bob]);
    ({ upstream } = fixture);
    upstream.serve("/pool/c/coind_1.2.3", binary);
  });

  afterEach(() => fixture.close());

  const index = (digest = sha256OfText(binary), file = "coind_1.2.3"): Buffer =>
    Buffer.from(
      `Package: other\nFilename: pool/o/other_1\nSHA256: ${"0".repeat(64)}\n\nPackage: coind\nFilename: pool/c/${file}\nSHA256: ${digest}\n`,
    );

  async function serve(signer: TestSigner, listed: Buffer, served = listed, path = packages): Promise<void> {
    const sums = [` ${"2".repeat(64)} 7 main/binary-arm64/Packages`, ` ${sha256OfText(listed)} 7 ${path}`].join("\n");
    const release = `Origin: Oak\nMD5Sum:\n ${"1".repeat(32)} 7 ${path}\nSHA256:\n${sums}\nAcquire-By-Hash: no\n`;
    upstream.serve("/dists/oak/InRelease", await signClear(release, signer));
    upstream.serve(`/dists/oak/${path}`, served);
  }

  const source = (path = packages): SignedArchive => ({
    kind: "signedArchive",
    version: "1.2.3",
    url: { x86_64: `${upstream.url}/pool/c/coind_{version}` },
    sha256: { "1.2.3": { x86_64: sha256OfText(binary) } },
    signature: {
      kind: "aptRepository",
      suite: `${upstream.url}/dists/oak`,
      packages: path,
      signers: [{ name: "alice", fingerprint: alice.fingerprint }],
      threshold: 1,
    },
    binaries: { coind: "{file}" },
  });
  const fetch = (path?: string): ReturnType<typeof fetchRelease> =>
    fetchRelease(source(path), "1.2.3", "x86_64", join(fixture.folder, "out"), fixture.options);

  it("is what the signed index states, plain or packed, and its digest can be discovered", async () => {
    await serve(alice, index());
    assert.match((await fetch()).verification.join(), /signed by alice/);
    await serve(alice, gzipSync(index()), undefined, `${packages}.gz`);
    assert.match((await fetch(`${packages}.gz`)).verification.join(), /signed by alice/);
    assert.equal(
      (await discoverDigest(source(`${packages}.gz`), "1.2.3", "x86_64", resolveFetchOptions(fixture.options))).sha256,
      sha256OfText(binary),
    );
  });

  it("fails when another key has signed", async () => {
    await serve(bob, index());
    await assert.rejects(fetch(), { name: "SignatureInvalid" });
  });

  it("fails when the index states another digest than the pin", async () => {
    await serve(alice, index("3".repeat(64)));
    await assert.rejects(fetch(), /SumsMismatch[^]*another digest than the pinned one/);
  });

  it("fails when the index that is served is not the one that was signed", async () => {
    await serve(alice, index("3".repeat(64)), index());
    await assert.rejects(fetch(), { name: "DigestMismatch" });
  });

  it("fails when neither the release file nor the index names what is asked for", async () => {
    await serve(alice, index(), undefined, "main/binary-s390x/Packages");
    upstream.serve(`/dists/oak/${packages}`, index());
    await assert.rejects(fetch(), /SumsMismatch[^]*does not name this file/);
    await serve(alice, index(undefined, "coind_1.2.4"));
    await assert.rejects(fetch(), /SumsMismatch[^]*does not name this file/);
  });
});
