import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack, type Header } from "tar-stream";
import { createLog } from "../log.ts";
import { serve, type TestServer } from "../testing/serve.ts";
import type { ArchiveFormat } from "@coinfleet/sdk";
import { RestoreError } from "./restore-error.ts";
import { restore, type RestoreOutcome } from "./restore.ts";

const quiet = createLog(() => undefined);
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
const packers: Readonly<Record<ArchiveFormat, readonly string[]>> = {
  tar: ["cat"],
  "tar.gz": ["gzip", "-c"],
  "tar.zst": ["zstd", "-q", "-c"],
  "tar.xz": ["xz", "-c"],
  "tar.lz4": ["lz4", "-q", "-c"],
};

const blocks = randomBytes(300_000);

type Entry = Partial<Header> & { readonly name: string; readonly content?: Buffer };

async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of entries) archive.entry(header, content ?? Buffer.alloc(0));
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) {
    if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const good = (): Promise<Buffer> =>
  tar([
    { name: "./", type: "directory" },
    { name: "./blocks/", type: "directory" },
    { name: "./blocks/blk0.dat", type: "file", mode: 0o4777, content: blocks },
    { name: "chainstate/CURRENT", type: "file", content: Buffer.from("MANIFEST-1\n") },
  ]);

describe("the restore of a snapshot", function () {
  this.timeout(30_000);
  let data: string;
  let server: TestServer | undefined;

  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), "coinfleet-restore-"));
  });

  afterEach(() => {
    server?.close();
    server = undefined;
    rmSync(data, { recursive: true, force: true });
  });

  async function offer(archive: Buffer): Promise<void> {
    server?.close();
    server = await serve((_, response) => {
      response.writeHead(200, { "content-length": archive.length }).end(archive);
    });
  }

  const fetchIt = (digest: string, format: ArchiveFormat = "tar"): Promise<RestoreOutcome> =>
    restore({ url: `${server?.url ?? ""}/snapshot`, proof: { sha256: digest }, format, data, log: quiet, patienceMs: 500 });

  async function refuses(attempt: Promise<unknown>, kind: "transient" | "permanent", says: RegExp): Promise<void> {
    await assert.rejects(attempt, (error: unknown) => {
      assert.ok(error instanceof RestoreError, String(error));
      assert.match(error.message, says);
      assert.equal(error.kind, kind);
      return true;
    });
    assert.deepEqual(readdirSync(data), [], "nothing of it is visible, and nothing is left behind");
  }

  for (const format of ["tar", "tar.gz", "tar.zst", "tar.xz", "tar.lz4"] as const) {
    it(`unpacks ${format}, and does nothing the second time`, async () => {
      const [command = "", ...parameters] = packers[format];
      const archive = execFileSync(command, parameters, { input: await good(), maxBuffer: 2 ** 26 });
      await offer(archive);
      assert.equal(await fetchIt(sha256(archive), format), "restored");
      assert.deepEqual(readFileSync(join(data, "blocks/blk0.dat")), blocks);
      assert.equal(readFileSync(join(data, "chainstate/CURRENT"), "utf8"), "MANIFEST-1\n");
      assert.equal(statSync(join(data, "blocks/blk0.dat")).mode & 0o7777, 0o600);
      assert.deepEqual(readdirSync(data).sort(), [".coinfleet-restored.json", "blocks", "chainstate"]);
      assert.equal(await fetchIt(sha256(archive), format), "already restored");
      assert.equal(server?.requests.length, 1);
    });
  }

  for (const [format, command] of [
    ["tar.zst", "zstd -q -c"],
    ["tar.gz", "gzip -c"],
    ["tar.xz", "xz -c"],
  ] as const) {
    it(`reads ${format} that was packed in several pieces`, async () => {
      const whole = await good();
      // Many to a piece of the download, and one of nothing.
      const cuts = [0, 1, 700, 700, 5000, Math.floor(whole.length / 2), whole.length];
      const pieces = cuts.slice(1).map((to, index) => whole.subarray(cuts[index], to));
      const archive = Buffer.concat(pieces.map((input) => execFileSync("sh", ["-c", command], { input })));
      await offer(archive);
      assert.equal(await fetchIt(sha256(archive), format), "restored");
      assert.deepEqual(readFileSync(join(data, "blocks/blk0.dat")), blocks);
    });
  }

  it("reads headers that lie across the pieces which come out of a decompressor", async () => {
    const names = Array.from({ length: 2000 }, (_, index) => `blocks/${index}`);
    const whole = await tar(names.map((name) => ({ name, type: "file", content: Buffer.from(name) })));
    const archive = Buffer.concat([whole.subarray(0, 700), whole.subarray(700)].map((input) => execFileSync("zstd", ["-c"], { input })));
    await offer(archive);
    assert.equal(await fetchIt(sha256(archive), "tar.zst"), "restored");
    for (const name of names) assert.equal(readFileSync(join(data, name), "utf8"), name);
  });

  for (const [format, command] of [
    ["tar", "cat"],
    ["tar.zst", "zstd -c"],
    ["tar.gz", "gzip -c"],
    ["tar.xz", "xz -c"],
    ["tar.lz4", "lz4 -c"],
  ] as const) {
    it(`fails when a pinned ${format} ends too early, or is damaged`, async () => {
      const whole = execFileSync("sh", ["-c", command], { input: await good() });
      const damaged = Buffer.from(whole);
      damaged.fill(0x55, 0, 600);
      for (const archive of [whole.subarray(0, Math.floor(whole.length / 2)), damaged]) {
        await offer(archive);
        await refuses(fetchIt(sha256(archive), format), "permanent", /cannot be unpacked|refuses the archive/);
      }
    });
  }

  it("fails when the archive is not the pinned one, and shows nothing of it", async () => {
    const archive = await good();
    const digest = sha256(archive);
    archive[2000] = (archive[2000] ?? 0) ^ 1;
    await offer(archive);
    await refuses(fetchIt(digest), "permanent", /not the pinned one/);
  });

  it("fails when something follows the archive", async () => {
    const archive = await good();
    await offer(Buffer.concat([archive, Buffer.from("more")]));
    await refuses(fetchIt(sha256(archive)), "permanent", /not the pinned one|cannot be unpacked/);
  });

  it("tries again after a connection that ended early, and then succeeds", async () => {
    const archive = await good();
    server = await serve((_, response) => {
      response.writeHead(200, { "content-length": archive.length });
      response.write(archive.subarray(0, 100_000), () => response.destroy());
    });
    await refuses(fetchIt(sha256(archive)), "transient", /connection to .* was lost/);
    await offer(archive);
    assert.equal(await fetchIt(sha256(archive)), "restored");
  });

  it("tells a server that is down or busy from an address that is wrong", async () => {
    server = await serve((_, response) => response.writeHead(503).end());
    await refuses(fetchIt("00"), "transient", /HTTP 503/);
    server.close();
    await refuses(fetchIt("00"), "transient", /cannot be reached/);
    server = await serve((_, response) => response.writeHead(404).end());
    await refuses(fetchIt("00"), "permanent", /HTTP 404/);
  });

  it("leaves a directory alone that has data", async () => {
    const archive = await good();
    await offer(archive);
    mkdirSync(join(data, "blocks"));
    assert.equal(await fetchIt(sha256(archive)), "has data");
    assert.deepEqual(readdirSync(data), ["blocks"]);
    assert.equal(server?.requests.length, 0);
  });

  it("starts over after it was killed while unpacking", async () => {
    const archive = await good();
    await offer(archive);
    mkdirSync(join(data, ".coinfleet-restore/files/blocks"), { recursive: true });
    writeFileSync(join(data, ".coinfleet-restore/files/blocks/blk0.dat"), "half");
    assert.equal(await fetchIt(sha256(archive)), "restored");
    assert.deepEqual(readFileSync(join(data, "blocks/blk0.dat")), blocks);
  });

  it("ends what it began after it was killed while making the data visible", async () => {
    const archive = await good();
    await offer(archive);
    mkdirSync(join(data, "blocks"));
    mkdirSync(join(data, ".coinfleet-restore/files/chainstate"), { recursive: true });
    writeFileSync(join(data, ".coinfleet-restore/verified"), "");
    assert.equal(await fetchIt(sha256(archive)), "restored");
    assert.deepEqual(readdirSync(data).sort(), [".coinfleet-restored.json", "blocks", "chainstate"]);
    assert.equal(server?.requests.length, 0);
  });

  const hostile: readonly (readonly [string, readonly Entry[], RegExp])[] = [
    ["a path that leads out", [{ name: "../evil", type: "file" }], /leads out/],
    ["a path that leads out in the middle", [{ name: "a/../../evil", type: "file" }], /leads out/],
    ["an absolute path", [{ name: "/etc/evil", type: "file" }], /absolute/],
    ["a symbolic link out", [{ name: "a", type: "symlink", linkname: "../../etc" }], /leads out/],
    ["an absolute symbolic link", [{ name: "a", type: "symlink", linkname: "/etc" }], /absolute/],
    [
      "a file through a symbolic link",
      [
        { name: "real", type: "directory" },
        { name: "a", type: "symlink", linkname: "real" },
        { name: "a/file", type: "file" },
      ],
      /leads through the link/,
    ],
    ["a hard link out", [{ name: "a", type: "link", linkname: "../../etc/passwd" }], /leads out/],
    ["a hard link to nothing of its own", [{ name: "a", type: "link", linkname: "missing" }], /no file of it/],
    ["a device", [{ name: "a", type: "block-device", devmajor: 8, devminor: 0 }], /thing of type "4"/],
    ["a pipe", [{ name: "a", type: "fifo" }], /thing of type "6"/],
    [
      "the same file twice",
      [
        { name: "a", type: "file" },
        { name: "a", type: "file" },
      ],
      /twice/,
    ],
    ["a name of ours", [{ name: ".coinfleet-restored.json", type: "file" }], /are ours/],
    ["a sparse file", [{ name: "a", type: "file", pax: { "GNU.sparse.major": "1" } }], /sparse/],
  ];
  for (const [name, entries, says] of hostile) {
    it(`refuses an archive with ${name}, although its digest is the pinned one`, async () => {
      const archive = await tar(entries);
      await offer(archive);
      await refuses(fetchIt(sha256(archive)), "permanent", says);
    });
  }

  for (const format of ["gnu", "pax", "ustar"] as const) {
    it(`unpacks what GNU tar writes in its format ${format}, long names included`, async () => {
      const source = mkdtempSync(join(tmpdir(), "coinfleet-source-"));
      const deep = format === "ustar" ? "short" : `${"d".repeat(90)}/${"e".repeat(90)}/${"f".repeat(120)}-ü`;
      mkdirSync(join(source, deep, ".."), { recursive: true });
      writeFileSync(join(source, deep), blocks);
      symlinkSync("short", join(source, "link"));
      linkSync(join(source, deep), join(source, "same"));
      const archive = execFileSync("tar", ["c", `--format=${format}`, "-C", source, "."], { maxBuffer: 2 ** 26 });
      rmSync(source, { recursive: true });
      await offer(archive);
      assert.equal(await fetchIt(sha256(archive)), "restored");
      assert.deepEqual(readFileSync(join(data, deep)), blocks);
      assert.deepEqual(readFileSync(join(data, "same")), blocks);
      assert.equal(readlinkSync(join(data, "link")), "short");
    });
  }

  it("refuses a sparse file as GNU tar writes it, and a header that would fill the memory", async () => {
    const source = mkdtempSync(join(tmpdir(), "coinfleet-source-"));
    execFileSync("truncate", ["-s", "1T", join(source, "bomb")]);
    for (const format of ["gnu", "pax"]) {
      const archive = execFileSync("tar", ["c", "-S", `--format=${format}`, "-C", source, "bomb"], { maxBuffer: 2 ** 26 });
      await offer(archive);
      await refuses(fetchIt(sha256(archive)), "permanent", /thing of type "S"|sparse file/);
    }
    rmSync(source, { recursive: true });
    const huge = await tar([{ name: "x".repeat(2 ** 20 + 1), type: "file" }]);
    await offer(huge);
    await refuses(fetchIt(sha256(huge)), "permanent", /a header of \d+ bytes/);
  });

  it("refuses what is no archive", async () => {
    const noise = randomBytes(4096);
    await offer(noise);
    for (const format of ["tar", "tar.gz", "tar.zst", "tar.xz", "tar.lz4"] as const) {
      await refuses(fetchIt(sha256(noise), format), "permanent", /cannot be unpacked|refuses the archive|not the pinned/);
    }
  });
});
