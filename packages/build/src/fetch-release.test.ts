import assert from "node:assert/strict";
import { mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ArchiveSignature, SignedArchive, Signer } from "@coinfleet/sdk";
import { pending } from "@coinfleet/sdk";
import { BuildError } from "./build-error.ts";
import type { BuildErrorName } from "./build-error.ts";
import { sha256OfText as sha256 } from "./cache.ts";
import type { FetchLimits } from "./download.ts";
import type { FetchOptions } from "./fetch-options.ts";
import { fetchRelease } from "./fetch-release.ts";
import { discoverDigest } from "./signed-archive.ts";
import { resolveFetchOptions } from "./fetch-options.ts";
import type { TestEntry } from "./testing/archives.ts";
import { makeTarGz } from "./testing/archives.ts";
import type { FakeUpstream } from "./testing/fake-upstream.ts";
import { startUpstream, withRanges } from "./testing/fake-upstream.ts";
import { FetchFixture } from "./testing/fetch-fixture.ts";
import type { TestSigner } from "./testing/signing.ts";
import { makeSigner, signClear, signDetached } from "./testing/signing.ts";

const version = "1.2.3";
const path = `/releases/${version}/coind-${version}-x86_64.tar.gz`;
const good: readonly TestEntry[] = [
  [{ name: `coin-${version}/`, type: "directory" }],
  [{ name: `coin-${version}/bin/coind` }, "the daemon"],
  [{ name: `coin-${version}/bin/coin-cli` }, "a tool that nobody asked for"],
  [{ name: `coin-${version}/README` }, "read me"],
];
const quick: Partial<FetchLimits> = { attempts: 2, backoffMs: 1, stallTimeoutMs: 300, totalTimeoutMs: 5_000 };

describe("fetchRelease of a signed archive", () => {
  let fixture: FetchFixture;
  let upstream: FakeUpstream;
  let folder: string;
  let archive: Buffer;
  let alice: TestSigner;
  let bob: TestSigner;
  let late: TestSigner;

  before(async () => {
    [alice, bob, late, archive] = await Promise.all([makeSigner("alice"), makeSigner("bob"), makeSigner("late", 30), makeTarGz(good)]);
  });

  beforeEach(async () => {
    fixture = await FetchFixture.start([alice, bob, late]);
    ({ upstream, folder } = fixture);
    upstream.serve(path, archive);
  });

  afterEach(() => fixture.close());

  const destination = (): string => join(folder, "out");
  const options = (more: FetchOptions = {}): FetchOptions => ({ ...fixture.options, limits: quick, ...more });
  const pin = ({ name, fingerprint }: TestSigner, acceptExpired?: string): Signer => ({
    name,
    fingerprint,
    ...(acceptExpired === undefined ? {} : { acceptExpired }),
  });

  const detached = (signers: readonly Signer[], threshold = 1): ArchiveSignature => ({
    kind: "detached",
    url: `${upstream.url}${path.replaceAll(version, "{version}")}.asc`,
    signers,
    threshold,
  });
  const sums = (signers: readonly Signer[], threshold = 1): ArchiveSignature => ({
    kind: "sums",
    sums: `${upstream.url}/releases/{version}/SHA256SUMS`,
    signature: `${upstream.url}/releases/{version}/SHA256SUMS.asc`,
    signers,
    threshold,
  });
  const source = (signature: ArchiveSignature, digest: string = sha256(archive)): SignedArchive => ({
    kind: "signedArchive",
    version,
    url: { x86_64: `${upstream.url}${path.replaceAll(version, "{version}")}` },
    sha256: { [version]: { x86_64: digest } },
    signature,
    binaries: { coind: "coin-{version}/bin/coind" },
  });
  const sumsText = (): string => `${sha256(archive)}  coind-${version}-x86_64.tar.gz\n${"0".repeat(64)}  other.tar.gz\n`;
  const serveDetached = async (signers: readonly TestSigner[], content = archive): Promise<void> =>
    upstream.serve(`${path}.asc`, await signDetached(content, signers));
  const serveSums = async (signers: readonly TestSigner[], text = sumsText()): Promise<void> => {
    upstream.serve(`/releases/${version}/SHA256SUMS`, text);
    upstream.serve(`/releases/${version}/SHA256SUMS.asc`, await signDetached(Buffer.from(text), signers));
  };

  async function listFiles(directory: string): Promise<string[]> {
    return readdir(directory, { recursive: true }).catch(() => []);
  }

  async function fails(name: BuildErrorName, release: SignedArchive, message?: RegExp, more: FetchOptions = {}): Promise<BuildError> {
    const error = await fetchRelease(release, version, "x86_64", destination(), options(more)).then(
      () => assert.fail("was accepted"),
      (cause: unknown) => cause,
    );
    assert.ok(error instanceof BuildError, String(error));
    assert.equal(error.name, name, error.message);
    for (const line of ["where", "fix", "state"]) assert.match(error.message, new RegExp(`^  ${line}  `, "m"));
    if (message !== undefined) assert.match(error.message, message);
    assert.deepEqual(await listFiles(destination()), []);
    assert.deepEqual(
      (await listFiles(join(folder, "cache", "releases"))).filter((file) => !file.endsWith(".lock")),
      [],
    );
    return error;
  }

  it("takes only the named binaries of an archive with a good detached signature", async () => {
    await serveDetached([alice]);
    const release = await fetchRelease(source(detached([pin(alice)])), version, "x86_64", destination(), options());
    assert.deepEqual(await listFiles(destination()), ["coind"]);
    assert.equal(await readFile(join(destination(), "coind"), "utf8"), "the daemon");
    assert.equal((await stat(join(destination(), "coind"))).mode & 0o777, 0o755);
    assert.match(release.verification.join("\n"), /signed by alice/);
    assert.equal(release.isFromCache, false);
  });

  it("takes an archive named in sums with signatures by enough signers, and ignores signers that nobody pinned", async () => {
    await serveSums([alice, await makeSigner("stranger"), bob]);
    const release = await fetchRelease(source(sums([pin(alice), pin(bob)], 2)), version, "x86_64", destination(), options());
    assert.deepEqual(
      release.verification.filter((line) => line.startsWith("signed")).map((line) => line.split(" (")[0]),
      ["signed by alice", "signed by bob"],
    );
  });

  it("takes an archive named in clear-signed sums", async () => {
    upstream.serve(`/hashes.txt`, await signClear(sumsText(), alice));
    const signature: ArchiveSignature = {
      kind: "sums",
      sums: `${upstream.url}/hashes.txt`,
      signature: "inline",
      signers: [pin(alice)],
      threshold: 1,
    };
    await fetchRelease(source(signature), version, "x86_64", destination(), options());
    assert.deepEqual(await listFiles(destination()), ["coind"]);
  });

  it("fails when a line was put in front of clear-signed sums", async () => {
    const other = await makeTarGz([[{ name: `coin-${version}/bin/coind` }, "evil"]]);
    upstream.serve(path, other);
    upstream.serve(`/hashes.txt`, `${sha256(other)}  coind-${version}-x86_64.tar.gz\n${await signClear(sumsText(), alice)}`);
    const signature: ArchiveSignature = {
      kind: "sums",
      sums: `${upstream.url}/hashes.txt`,
      signature: "inline",
      signers: [pin(alice)],
      threshold: 1,
    };
    await fails("SumsMismatch", source(signature, sha256(other)));
  });

  it("does not ask upstream again for a release that was verified before, and notices a damaged cache", async () => {
    await serveDetached([alice]);
    const release = source(detached([pin(alice)]));
    await fetchRelease(release, version, "x86_64", destination(), options());
    const asked = upstream.requests.length;
    assert.equal((await fetchRelease(release, version, "x86_64", join(folder, "second"), options())).isFromCache, true);
    assert.equal(upstream.requests.length, asked);
    const cached = (await listFiles(join(folder, "cache", "releases"))).find((file) => file.endsWith("/coind"));
    await writeFile(join(folder, "cache", "releases", cached ?? ""), "damaged");
    assert.equal((await fetchRelease(release, version, "x86_64", join(folder, "third"), options())).isFromCache, false);
    assert.equal(await readFile(join(folder, "third", "coind"), "utf8"), "the daemon");
  });

  it("fails when another key has signed, also if it carries the same name", async () => {
    await serveDetached([await makeSigner("alice")]);
    await fails("SignatureInvalid", source(detached([pin(alice)])), /alice: has not signed it/);
  });

  it("fails when the keyring has another key under the pinned fingerprint's name", async () => {
    const impostor = await makeSigner("alice");
    await writeFile(join(fixture.keyring, `${alice.fingerprint}.asc`), impostor.publicKey);
    await serveDetached([impostor]);
    await fails("KeyUnavailable", source(detached([pin(alice)])), new RegExp(alice.fingerprint));
  });

  it("fetches a missing key by its fingerprint and keeps it", async () => {
    await rm(join(fixture.keyring, `${alice.fingerprint}.asc`));
    upstream.serve(`/by-fingerprint/${alice.fingerprint}`, alice.publicKey);
    await serveDetached([alice]);
    await fetchRelease(
      source(detached([pin(alice)])),
      version,
      "x86_64",
      destination(),
      options({ keyServers: [`${upstream.url}/by-fingerprint/{fingerprint}`] }),
    );
    assert.deepEqual(await listFiles(join(folder, "cache", "keys")), [`${alice.fingerprint}.asc`]);
  });

  it("fails when a key server delivers another key than the one asked for", async () => {
    await rm(join(fixture.keyring, `${alice.fingerprint}.asc`));
    upstream.serve(`/by-fingerprint/${alice.fingerprint}`, bob.publicKey);
    await serveDetached([bob]);
    await fails("KeyUnavailable", source(detached([pin(alice)])), /delivered another key/, {
      keyServers: [`${upstream.url}/by-fingerprint/{fingerprint}`],
    });
  });

  it("fails when the archive was changed after it was pinned", async () => {
    await serveDetached([alice]);
    upstream.serve(path, await makeTarGz([[{ name: `coin-${version}/bin/coind` }, "evil"]]));
    await fails("DigestMismatch", source(detached([pin(alice)])), new RegExp(sha256(archive)));
    assert.deepEqual(await listFiles(join(folder, "cache", "downloads")), []);
  });

  it("fails when the pinned archive has a signature over something else", async () => {
    await serveDetached([alice], Buffer.from("something else"));
    await fails("SignatureInvalid", source(detached([pin(alice)])), /does not fit the file/);
  });

  it("fails when the sums were changed after they were signed", async () => {
    await serveSums([alice]);
    upstream.serve(`/releases/${version}/SHA256SUMS`, `${sumsText()}# changed\n`);
    await fails("SignatureInvalid", source(sums([pin(alice)])), /does not fit the file/);
  });

  it("fails when one of several pinned signers' signatures is wrong, although the threshold is met", async () => {
    upstream.serve(`/releases/${version}/SHA256SUMS`, sumsText());
    upstream.serve(
      `/releases/${version}/SHA256SUMS.asc`,
      (await signDetached(Buffer.from(sumsText()), [alice])) + (await signDetached(Buffer.from("other"), [bob])),
    );
    await fails("SignatureInvalid", source(sums([pin(alice), pin(bob)], 1)), /bob/);
  });

  it("fails when signed sums state another digest than the pin", async () => {
    await serveSums([alice], sumsText().replace(sha256(archive), "f".repeat(64)));
    await fails("SumsMismatch", source(sums([pin(alice)])), /another digest than the pinned one/);
  });

  it("fails when signed sums do not name the archive", async () => {
    await serveSums([alice], `${sha256(archive)}  another.tar.gz\n`);
    await fails("SumsMismatch", source(sums([pin(alice)])), /do not name this file/);
  });

  it("fails when the only signer's key has expired", async () => {
    await serveDetached([late]);
    await fails("SignatureInvalid", source(detached([pin(late)])), /has expired and the plugin declares no `acceptExpired`/);
  });

  it("accepts an expired key for the reason that the plugin declares, and says so", async () => {
    await serveDetached([late]);
    const release = await fetchRelease(
      source(detached([pin(late, "the project has not refreshed it")])),
      version,
      "x86_64",
      destination(),
      options(),
    );
    assert.match(release.verification.join("\n"), /expired key accepted: the project has not refreshed it/);
  });

  it("fails when too few signers have signed, and counts a signer once", async () => {
    await serveSums([alice, alice]);
    await fails("TooFewSigners", source(sums([pin(alice), pin(bob)], 2)), /bob: has not signed it/);
  });

  it("fails when the signature is missing", async () => {
    await fails("DownloadFailed", source(detached([pin(alice)])), /HTTP 404/);
  });

  it("fails when the signature is not one", async () => {
    upstream.serve(`${path}.asc`, "<html>Not found</html>");
    await fails("SignatureInvalid", source(detached([pin(alice)])), /Not a readable OpenPGP signature/);
  });

  it("fails when a company's mirror delivers another file than upstream, and does not ask upstream instead", async () => {
    await serveDetached([alice]);
    const mirror = await startUpstream();
    try {
      mirror.serve(`/proxy/${upstream.host}${path}`, await makeTarGz([[{ name: `coin-${version}/bin/coind` }, "evil"]]));
      await fails("DigestMismatch", source(detached([pin(alice)])), new RegExp(mirror.host), { mirror: `${mirror.url}/proxy/` });
      assert.equal(upstream.requests.includes(path), false);
    } finally {
      await mirror.close();
    }
  });

  it("takes from the mirror what it has and from upstream what it lacks", async () => {
    await serveDetached([alice]);
    const mirror = await startUpstream();
    try {
      mirror.serve(`/${upstream.host}${path}`, archive);
      await fetchRelease(source(detached([pin(alice)])), version, "x86_64", destination(), options({ mirror: mirror.url }));
      assert.deepEqual(upstream.requests, [`${path}.asc`]);
    } finally {
      await mirror.close();
    }
  });

  it("fails when the download is redirected to another host", async () => {
    const elsewhere = await startUpstream();
    try {
      elsewhere.serve("/x.tar.gz", archive);
      upstream.serve(path, (_request, response) => response.writeHead(302, { location: `${elsewhere.url}/x.tar.gz` }).end());
      await serveDetached([alice]);
      await fails("AddressRefused", source(detached([pin(alice)])), /Redirect to another host/);
      assert.deepEqual(elsewhere.requests, []);
    } finally {
      await elsewhere.close();
    }
  });

  it("follows a redirect on the same host, and refuses one from https to plain http elsewhere", async () => {
    upstream.serve("/moved.tar.gz", archive);
    upstream.serve(path, (_request, response) => response.writeHead(302, { location: "/moved.tar.gz" }).end());
    await serveDetached([alice]);
    await fetchRelease(source(detached([pin(alice)])), version, "x86_64", destination(), options());
    upstream.serve("/loop", (_request, response) => response.writeHead(302, { location: "http://example.invalid/x" }).end());
    const plain = { ...source(detached([pin(alice)]), "0".repeat(64)), url: { x86_64: `${upstream.url}/loop` } };
    await assert.rejects(fetchRelease(plain, version, "x86_64", join(folder, "no"), options()), { name: "AddressRefused" });
  });

  it("fails when every download breaks off, and resumes it in a later run", async () => {
    await serveDetached([alice]);
    const half = Math.floor(archive.length / 2);
    upstream.serve(path, (_request, response) => {
      response.writeHead(200, { "content-length": archive.length });
      response.write(archive.subarray(0, half), () => setTimeout(() => response.destroy(), 50));
    });
    await fails("DownloadFailed", source(detached([pin(alice)])));
    upstream.serve(path, withRanges(archive));
    await fetchRelease(source(detached([pin(alice)])), version, "x86_64", destination(), options());
    assert.equal(upstream.requests.includes(`${path} bytes=${half}-`), true, upstream.requests.join("\n"));
    assert.equal(await readFile(join(destination(), "coind"), "utf8"), "the daemon");
  });

  it("starts again from zero when what an earlier run left does not fit", async () => {
    await serveDetached([alice]);
    await mkdir(join(folder, "cache", "downloads"), { recursive: true });
    await writeFile(join(folder, "cache", "downloads", `${sha256(archive)}.part`), "not the beginning of it");
    upstream.serve(path, withRanges(archive));
    await fetchRelease(source(detached([pin(alice)])), version, "x86_64", destination(), options());
    assert.deepEqual(await listFiles(destination()), ["coind"]);
  });

  it("fails when the server goes silent", async () => {
    await serveDetached([alice]);
    upstream.serve(path, (_request, response) => {
      response.writeHead(200, { "content-length": archive.length });
      response.write(archive.subarray(0, 10));
    });
    await fails("DownloadTimeout", source(detached([pin(alice)])), /took too long/, { limits: { ...quick, totalTimeoutMs: 500 } });
  });

  it("fails when the archive is larger than the limit, whether or not the server says so", async () => {
    await serveDetached([alice]);
    await fails("DownloadTooLarge", source(detached([pin(alice)])), /larger than allowed/, { limits: { ...quick, maxBytes: 100 } });
    upstream.serve(path, (_request, response) => {
      response.writeHead(200);
      response.end(archive);
    });
    await fails("DownloadTooLarge", source(detached([pin(alice)])), /larger than allowed/, { limits: { ...quick, maxBytes: 100 } });
  });

  it("fails when the version is not pinned, its digest is pending, or upstream has no such architecture", async () => {
    const release = source(detached([pin(alice)]));
    await assert.rejects(fetchRelease(release, "9.9.9", "x86_64", destination(), options()), { name: "UnknownVersion" });
    await fails(
      "ReleasePending",
      { ...release, sha256: { [version]: { x86_64: pending("nobody has verified it") } } },
      /nobody has verified it/,
    );
    await assert.rejects(fetchRelease({ ...release, url: {} }, version, "x86_64", destination(), options()), {
      name: "UnsupportedArchitecture",
    });
    assert.deepEqual(upstream.requests, []);
  });

  const hostile: readonly (readonly [string, TestEntry])[] = [
    ["a path with ..", [{ name: "../../etc/passwd" }, "x"]],
    ["a path with .. in its middle", [{ name: `coin-${version}/../../x` }, "x"]],
    ["an absolute path", [{ name: "/etc/passwd" }, "x"]],
    ["a symbolic link", [{ name: `coin-${version}/link`, type: "symlink", linkname: "/etc/passwd" }]],
    ["a hard link", [{ name: `coin-${version}/link`, type: "link", linkname: "/etc/passwd" }]],
    ["a device", [{ name: `coin-${version}/sda`, type: "block-device", devmajor: 8, devminor: 0 }]],
    ["a named pipe", [{ name: `coin-${version}/pipe`, type: "fifo" }]],
    ["the binary twice", [{ name: `./coin-${version}/bin/coind` }, "evil"]],
  ];
  for (const [what, entry] of hostile) {
    it(`fails when a well-signed archive holds ${what}`, async () => {
      archive = await makeTarGz([...good, entry]);
      upstream.serve(path, archive);
      await serveDetached([alice]);
      await fails("ArchiveRefused", source(detached([pin(alice)])));
      archive = await makeTarGz(good);
    });
  }

  it("fails when the binary is a link", async () => {
    const linked = await makeTarGz([[{ name: `coin-${version}/bin/coind`, type: "symlink", linkname: "/bin/sh" }]]);
    upstream.serve(path, linked);
    await serveDetached([alice], linked);
    await fails("ArchiveRefused", source(detached([pin(alice)]), sha256(linked)));
  });

  it("fails when the archive lacks the binary, or is damaged", async () => {
    const empty = await makeTarGz([[{ name: "README" }, "x"]]);
    upstream.serve(path, empty);
    await serveDetached([alice], empty);
    await fails("BinaryMissing", source(detached([pin(alice)]), sha256(empty)), /coin-1.2.3\/bin\/coind/);
    const damaged = archive.subarray(0, archive.length - 20);
    upstream.serve(path, damaged);
    await serveDetached([alice], damaged);
    await fails("ArchiveRefused", source(detached([pin(alice)]), sha256(damaged)), /damaged/);
  });

  it("discovers the digest of a new release from its signers, and refuses without them", async () => {
    await serveDetached([alice]);
    const found = await discoverDigest(source(detached([pin(alice)])), version, "x86_64", resolveFetchOptions(options()));
    assert.equal(found.sha256, sha256(archive));
    await assert.rejects(discoverDigest(source(detached([pin(bob)])), version, "x86_64", resolveFetchOptions(options())), {
      name: "SignatureInvalid",
    });
    await assert.rejects(
      discoverDigest(source({ kind: "none", reason: "they do not sign" }), version, "x86_64", resolveFetchOptions(options())),
      { name: "SignatureMissing" },
    );
  });
});
