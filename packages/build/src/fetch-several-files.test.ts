import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SignedArchive } from "@coinfleet/sdk";
import type { FetchedRelease } from "./fetch-release.ts";
import { fetchRelease } from "./fetch-release.ts";
import { makeTarGz, type TestEntry } from "./testing/archives.ts";
import { startUpstream, type FakeUpstream } from "./testing/fake-upstream.ts";
import { makeSigner, signDetached, type TestSigner } from "./testing/signing.ts";

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
const tool = Buffer.from("a bare binary");
const daemon: TestEntry = [{ name: "coin/coind" }, "the daemon"];

describe("fetchRelease of several files", () => {
  let upstream: FakeUpstream;
  let folder: string;
  let alice: TestSigner;
  let bob: TestSigner;

  before(async () => {
    [alice, bob] = await Promise.all([makeSigner("alice"), makeSigner("bob")]);
  });

  beforeEach(async () => {
    upstream = await startUpstream();
    folder = await mkdtemp(join(tmpdir(), "coinfleet-several-test-"));
    await mkdir(join(folder, "keyrings"));
    for (const { fingerprint, publicKey } of [alice, bob]) await writeFile(join(folder, "keyrings", `${fingerprint}.asc`), publicKey);
  });

  afterEach(async () => {
    await upstream.close();
    await rm(folder, { recursive: true });
  });

  async function serve(path: string, bytes: Buffer, signer: TestSigner): Promise<void> {
    upstream.serve(path, bytes);
    upstream.serve(`${path}.asc`, await signDetached(bytes, [signer]));
  }

  /** A release of an archive by alice, and of a bare binary by `signer`, with the digest that is pinned for it. */
  async function fetchBoth(entries: readonly TestEntry[], signer: TestSigner, digest = sha256(tool)): Promise<FetchedRelease> {
    const archive = await makeTarGz(entries);
    await serve("/coin.tar.gz", archive, alice);
    await serve("/tool", tool, signer);
    const source: SignedArchive = {
      kind: "signedArchive",
      version: "1",
      url: { x86_64: `${upstream.url}/coin.tar.gz` },
      sha256: { "1": { x86_64: sha256(archive) } },
      signature: { kind: "detached", url: "{url}.asc", signers: [{ name: "alice", fingerprint: alice.fingerprint }], threshold: 1 },
      binaries: { coind: "coin/coind" },
      folders: { coin: "coin/share" },
      companions: [{ url: { x86_64: `${upstream.url}/tool` }, sha256: { "1": { x86_64: digest } }, binaries: { "coin-tool": "tool" } }],
    };
    return fetchRelease(source, "1", "x86_64", join(folder, "bin"), {
      cacheDir: join(folder, "cache"),
      keyrings: [join(folder, "keyrings")],
      keyServers: [],
    });
  }

  const whole: readonly TestEntry[] = [daemon, [{ name: "coin/share/main/genesis.json" }, "{}"]];
  const delivered = (): Promise<string[]> => readdir(join(folder, "bin")).catch(() => []);

  it("takes each with its own digest and signature, and whole folders beside the binaries", async () => {
    const { verification } = await fetchBoth(whole, alice);
    assert.deepEqual((await delivered()).sort(), ["coin-tool", "coind"]);
    assert.equal(await readFile(join(folder, "share/coin/main/genesis.json"), "utf8"), "{}");
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
