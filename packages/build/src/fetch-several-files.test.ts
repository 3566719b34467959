import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { SignedArchive } from "@coinfleet/sdk";
import { sha256OfText } from "./cache.ts";
import type { FetchedRelease } from "./fetch-release.ts";
import { fetchRelease } from "./fetch-release.ts";
import { makeTarGz, type TestEntry } from "./testing/archives.ts";
import { FetchFixture } from "./testing/fetch-fixture.ts";
import { makeSigner, signDetached, type TestSigner } from "./testing/signing.ts";

const tool = Buffer.from("a bare binary");
const daemon: TestEntry = [{ name: "coin/coind" }, "the daemon"];

describe("fetchRelease of several files", () => {
  let fixture: FetchFixture;
  let alice: TestSigner;
  let bob: TestSigner;

  before(async () => {
    [alice, bob] = await Promise.all([makeSigner("alice"), makeSigner("bob")]);
  });

  beforeEach(async () => {
    fixture = await FetchFixture.start([alice, bob]);
  });

  afterEach(() => fixture.close());

  async function serve(path: string, bytes: Buffer, signer: TestSigner): Promise<void> {
    fixture.upstream.serve(path, bytes);
    fixture.upstream.serve(`${path}.asc`, await signDetached(bytes, [signer]));
  }

  /** A release of an archive by alice, and of a bare binary by `signer`, with the digest that is pinned for it. */
  async function fetchBoth(entries: readonly TestEntry[], signer: TestSigner, digest = sha256OfText(tool)): Promise<FetchedRelease> {
    const archive = await makeTarGz(entries);
    await serve("/coin.tar.gz", archive, alice);
    await serve("/tool", tool, signer);
    const source: SignedArchive = {
      kind: "signedArchive",
      version: "1",
      url: { x86_64: `${fixture.upstream.url}/coin.tar.gz` },
      sha256: { "1": { x86_64: sha256OfText(archive) } },
      signature: { kind: "detached", url: "{url}.asc", signers: [{ name: "alice", fingerprint: alice.fingerprint }], threshold: 1 },
      binaries: { coind: "coin/coind" },
      folders: { coin: "coin/share" },
      companions: [
        { url: { x86_64: `${fixture.upstream.url}/tool` }, sha256: { "1": { x86_64: digest } }, binaries: { "coin-tool": "tool" } },
      ],
    };
    return fetchRelease(source, "1", "x86_64", join(fixture.folder, "bin"), fixture.options);
  }

  const whole: readonly TestEntry[] = [daemon, [{ name: "coin/share/main/genesis.json" }, "{}"]];
  const delivered = (): Promise<string[]> => readdir(join(fixture.folder, "bin")).catch(() => []);

  it("takes each with its own digest and signature, and whole folders beside the binaries", async () => {
    const { verification } = await fetchBoth(whole, alice);
    assert.deepEqual((await delivered()).sort(), ["coin-tool", "coind"]);
    assert.equal(await readFile(join(fixture.folder, "share/coin/main/genesis.json"), "utf8"), "{}");
    assert.equal(verification.filter((line) => line.startsWith("signed by alice")).length, 2);
  });

  it("fails when one of them is signed by somebody else", async () => {
    await assert.rejects(fetchBoth(whole, bob), /SignatureInvalid[^]*tool\.asc[^]*alice: has not signed it/);
    assert.deepEqual(await delivered(), []);
  });

  it("fails when one of them is another file than the pinned one", async () => {
    await assert.rejects(fetchBoth(whole, alice, "0".repeat(64)), { name: "DigestMismatch" });
    assert.deepEqual(await delivered(), []);
  });

  it("fails when a folder is missing or leads out of its place", async () => {
    await assert.rejects(fetchBoth([daemon], alice), /BinaryMissing[^]*no coin\/share/);
    await assert.rejects(fetchBoth([daemon, [{ name: "coin/share/../../x" }, "x"]], alice), { name: "ArchiveRefused" });
    assert.deepEqual(await delivered(), []);
  });
});
