import assert from "node:assert/strict";
import { join } from "node:path";
import type { SignedArchive } from "@coinfleet/sdk";
import { sha256OfText } from "./cache.ts";
import { fetchRelease } from "./fetch-release.ts";
import { makeTarGz } from "./testing/archives.ts";
import { FetchFixture } from "./testing/fetch-fixture.ts";
import { makeSigner, signDetached, type TestSigner } from "./testing/signing.ts";

describe("sums with a signature by each signer", () => {
  let fixture: FetchFixture;
  let signers: readonly TestSigner[];
  let source: SignedArchive;
  let sums: Buffer;
  const names = ["alice", "bob", "carol"];

  before(async () => {
    signers = await Promise.all(names.map((name) => makeSigner(name)));
  });

  beforeEach(async () => {
    fixture = await FetchFixture.start(signers);
    const { upstream } = fixture;
    const archive = await makeTarGz([[{ name: "coind" }, "the daemon"]]);
    const sha256 = sha256OfText(archive);
    sums = Buffer.from(`${sha256}  coin.tar.gz\n`);
    upstream.serve("/coin.tar.gz", archive);
    upstream.serve("/manifest.txt", sums);
    source = {
      kind: "signedArchive",
      version: "1",
      url: { x86_64: `${upstream.url}/coin.tar.gz` },
      sha256: { "1": { x86_64: sha256 } },
      signature: {
        kind: "sums",
        sums: `${upstream.url}/manifest.txt`,
        signature: `${upstream.url}/manifest-{signer}-{version}.sig`,
        signers: signers.map(({ fingerprint }, index) => ({ name: names[index] ?? "", fingerprint })),
        threshold: 2,
      },
      binaries: { coind: "coind" },
    };
  });

  afterEach(() => fixture.close());

  const serve = async (name: string, by: TestSigner | undefined, text = sums): Promise<void> =>
    fixture.upstream.serve(`/manifest-${name}-1.sig`, await signDetached(text, by === undefined ? [] : [by]));
  const fetchIt = (): Promise<readonly string[]> =>
    fetchRelease(source, "1", "x86_64", join(fixture.folder, "bin"), fixture.options).then(({ verification }) => verification);

  it("is enough when as many as wanted have signed; who has not does not count", async () => {
    await serve("alice", signers[0]);
    await serve("carol", signers[2]);
    const verification = await fetchIt();
    assert.deepEqual(
      verification.filter((line) => line.startsWith("signed")).map((line) => line.split(" (")[0]),
      ["signed by alice", "signed by carol"],
    );
  });

  it("fails when one signer's key has signed in the name of two", async () => {
    await serve("alice", signers[0]);
    await serve("bob", signers[0]);
    await assert.rejects(fetchIt(), { name: "TooFewSigners" });
  });

  it("fails when one of them has signed something else", async () => {
    await serve("alice", signers[0]);
    await serve("bob", signers[1]);
    await serve("carol", signers[2], Buffer.from("another manifest"));
    await assert.rejects(fetchIt(), { name: "SignatureInvalid" });
  });

  it("fails when nobody has signed", async () => {
    await assert.rejects(fetchIt(), { name: "SignatureInvalid" });
  });
});
