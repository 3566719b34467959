import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pack, type Header } from "tar-stream";
import { createLog } from "../log.ts";
import { FileServer } from "../testing/file-server.ts";
import { RestoreError, type RestoreFailure } from "./restore-error.ts";
import { restore, type RestoreOptions, type RestoreOutcome } from "./restore.ts";

const MiB = 2 ** 20;
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

async function tar(files: Readonly<Record<string, Buffer | Partial<Header>>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) {
    if (Buffer.isBuffer(content)) archive.entry({ name }, content);
    else archive.entry({ name, ...content });
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const blocks = randomBytes(21 * MiB);

describe("the download of a snapshot", function () {
  this.timeout(120_000);
  let data: string;
  let server: FileServer;
  let lines: Record<string, unknown>[];

  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), "coinfleet-download-"));
    lines = [];
  });

  afterEach(() => {
    server.stop();
    rmSync(data, { recursive: true, force: true });
  });

  const offer = async (files: Readonly<Record<string, Buffer>>): Promise<void> => {
    server = await new FileServer(files).start();
  };

  const fetchIt = (path: string, proof: RestoreOptions["proof"], more: Partial<RestoreOptions> = {}): Promise<RestoreOutcome> =>
    restore({
      url: server.url(path),
      proof,
      format: "tar",
      data,
      log: createLog((line) => lines.push(JSON.parse(line) as Record<string, unknown>)),
      patienceMs: 1500,
      connections: 4,
      progressEveryMs: 50,
      ...more,
    });

  async function refuses(attempt: Promise<unknown>, kind: RestoreFailure, says: RegExp): Promise<void> {
    await assert.rejects(attempt, (error: unknown) => {
      assert.ok(error instanceof RestoreError, String(error));
      assert.match(error.message, says);
      assert.equal(error.kind, kind);
      return true;
    });
    assert.deepEqual(
      readdirSync(data).filter((name) => !name.startsWith(".coinfleet")),
      [],
      "nothing of it is visible",
    );
  }

  const restored = (name = "blk0.dat"): Buffer => readFileSync(join(data, name));

  it("reads over several connections, and tells how long it will take", async () => {
    const archive = await tar({ "blk0.dat": blocks });
    await offer({ archive });
    // Far away, so that one answer is not over before the next is asked for.
    server.faults.before = () => pause(50);
    assert.equal(await fetchIt("archive", { sha256: sha256(archive) }), "restored");
    assert.deepEqual(restored(), blocks);
    assert.ok(server.mostAtOnce > 1 && server.mostAtOnce <= 5, `${server.mostAtOnce} answers at once`);
    assert.ok(server.sentBytes < archive.length + 2 * 65_536, "no byte was asked for twice");
    const last = lines.findLast(({ message }) => message === "unpacked") ?? {};
    assert.equal(last["percent"], 100);
    assert.equal(last["doneMiB"], 21);
    assert.equal(last["remainingSec"], 0);
  });

  it("reads over one connection when told to", async () => {
    const archive = await tar({ "blk0.dat": blocks });
    await offer({ archive });
    assert.equal(await fetchIt("archive", { sha256: sha256(archive) }, { connections: 1 }), "restored");
    assert.deepEqual(restored(), blocks);
    assert.equal(server.mostAtOnce, 1);
  });

  it("goes on where a connection ended, for as long as each one gives something", async () => {
    const archive = await tar({ "blk0.dat": blocks });
    await offer({ archive });
    server.faults.dropAfterBytes = MiB;
    assert.equal(await fetchIt("archive", { sha256: sha256(archive) }), "restored");
    assert.deepEqual(restored(), blocks);
    assert.ok(server.sentBytes < archive.length * 1.6, `${server.sentBytes} bytes were sent for ${archive.length}`);
  });

  it("goes on after the server was restarted", async () => {
    const archive = await tar({ "blk0.dat": blocks });
    await offer({ archive });
    let isRestarting = false;
    server.faults.before = async (request) => {
      if (isRestarting || !(request.headers.range ?? "").startsWith("bytes=12582912")) return;
      isRestarting = true;
      server.stop();
      setTimeout(() => void server.start(), 400);
      await new Promise((resolve) => setTimeout(resolve, 50));
    };
    assert.equal(await fetchIt("archive", { sha256: sha256(archive) }, { patienceMs: 20_000 }), "restored");
    assert.ok(isRestarting);
    assert.deepEqual(restored(), blocks);
    assert.equal(server.asked.filter(({ from }) => from === 0).length, 2, "the first byte, and the first chunk");
  });

  it("gives up on a server that stays away, and says that another try may work", async () => {
    const archive = await tar({ "blk0.dat": blocks });
    await offer({ archive });
    server.faults.before = (request) => {
      if ((request.headers.range ?? "").startsWith("bytes=12582912")) server.stop();
    };
    await refuses(fetchIt("archive", { sha256: sha256(archive) }), "transient", /cannot be reached|was lost/);
  });

  it("reads from a server that knows no ranges, and from one that never says which file it has", async () => {
    const archive = await tar({ "blk0.dat": blocks });
    for (const fault of ["noRanges", "noValidator"] as const) {
      await offer({ archive });
      server.faults[fault] = true;
      assert.equal(await fetchIt("archive", { sha256: sha256(archive) }), "restored");
      assert.deepEqual(restored(), blocks);
      assert.equal(server.mostAtOnce, 1);
      server.stop();
      rmSync(data, { recursive: true });
      mkdirSync(data);
    }
  });

  it("begins again when a server without ranges drops the connection", async () => {
    const archive = await tar({ "blk0.dat": blocks });
    await offer({ archive });
    Object.assign(server.faults, { noRanges: true, dropAfterBytes: MiB });
    await refuses(fetchIt("archive", { sha256: sha256(archive) }), "transient", /was lost/);
    server.faults.dropAfterBytes = undefined;
    assert.equal(await fetchIt("archive", { sha256: sha256(archive) }), "restored");
  });

  it("never mixes two files: it begins again when the file on the server changes", async () => {
    const [old, pinned] = [await tar({ "blk0.dat": randomBytes(21 * MiB) }), await tar({ "blk0.dat": blocks })];
    await offer({ archive: old });
    server.faults.before = (request) => {
      if ((request.headers.range ?? "").startsWith("bytes=12582912")) Object.assign(server.files, { archive: pinned });
    };
    assert.equal(await fetchIt("archive", { sha256: sha256(pinned) }), "restored");
    assert.deepEqual(restored(), blocks);
    assert.ok(lines.some(({ message }) => /has changed while it was being read/.test(String(message))));
  });

  it("refuses the file that took the place of the pinned one", async () => {
    const [pinned, other] = [await tar({ "blk0.dat": blocks }), await tar({ "blk0.dat": randomBytes(21 * MiB) })];
    await offer({ archive: pinned });
    server.faults.before = (request) => {
      if ((request.headers.range ?? "").startsWith("bytes=12582912")) Object.assign(server.files, { archive: other });
    };
    await refuses(fetchIt("archive", { sha256: sha256(pinned) }), "permanent", /not the pinned one/);
  });

  it("refuses a server that says a wrong length, or sends other bytes than it was asked for", async () => {
    const archive = await tar({ "blk0.dat": blocks });
    await offer({ archive });
    server.faults.extraLength = 4096;
    await refuses(fetchIt("archive", { sha256: sha256(archive) }), "transient", /was lost/);
    Object.assign(server.faults, { extraLength: 0, shiftedBy: 512 });
    await refuses(fetchIt("archive", { sha256: sha256(archive) }), "permanent", /other bytes than it was asked for/);
    Object.assign(server.faults, { shiftedBy: 0, extraLength: -4096 });
    await refuses(fetchIt("archive", { sha256: sha256(archive) }), "permanent", /not the pinned one|ends too early/);
  });

  const partNames = ["part-00", "part-01", "part-02"] as const;

  async function threeArchives(): Promise<{ readonly files: Record<string, Buffer>; readonly list: Buffer }> {
    const files: Record<string, Buffer> = {};
    for (const [index, name] of partNames.entries()) {
      files[name] = await tar({
        [`blocks/blk${index}.dat`]: blocks.subarray(index * MiB, (index + 5) * MiB),
        [`only-${index}`]: Buffer.from("x"),
      });
    }
    const list = Buffer.from(partNames.map((name) => `${sha256(files[name] ?? Buffer.alloc(0))}  ${name}\n`).join(""));
    return { files: { ...files, list }, list };
  }

  it("restores numbered parts, each an archive of its own", async () => {
    const { files, list } = await threeArchives();
    await offer(files);
    assert.equal(await fetchIt("list", { sha256: sha256(list) }, { layout: "archives" }), "restored");
    assert.deepEqual(readdirSync(join(data, "blocks")), ["blk0.dat", "blk1.dat", "blk2.dat"]);
    for (const index of [0, 1, 2]) assert.deepEqual(restored(`blocks/blk${index}.dat`), blocks.subarray(index * MiB, (index + 5) * MiB));
  });

  it("restores one archive that was cut into numbered pieces", async () => {
    const whole = execFileSync("zstd", ["-q", "-c"], { input: await tar({ "blk0.dat": blocks }), maxBuffer: 2 ** 26 });
    const third = Math.ceil(whole.length / 3);
    const files = Object.fromEntries(partNames.map((name, index) => [name, whole.subarray(index * third, (index + 1) * third)]));
    const list = Buffer.from(
      Object.entries(files)
        .map(([name, piece]) => `${sha256(piece)} *${name}\n`)
        .join(""),
    );
    await offer({ ...files, list });
    const options = { layout: "pieces", format: "tar.zst" } as const;
    assert.equal(await fetchIt("list", { sha256: sha256(list) }, options), "restored");
    assert.deepEqual(restored(), blocks);
  });

  it("goes on after the last verified part when one of them is wrong, and shows nothing before all are right", async () => {
    const { files, list } = await threeArchives();
    const right = files["part-02"] ?? Buffer.alloc(0);
    await offer({ ...files, "part-02": Buffer.concat([right.subarray(0, 2000), Buffer.from("x"), right.subarray(2001)]) });
    const options = { layout: "archives" } as const;
    await refuses(fetchIt("list", { sha256: sha256(list) }, options), "permanent", /part-02 is not the pinned one/);
    Object.assign(server.files, { "part-02": right });
    server.asked.length = 0;
    assert.equal(await fetchIt("list", { sha256: sha256(list) }, options), "restored");
    assert.deepEqual([...new Set(server.asked.map(({ path }) => path))], ["list", "part-02"]);
  });

  it("begins anew when the list of parts is another one", async () => {
    const { files, list } = await threeArchives();
    await offer({ ...files, "part-01": Buffer.alloc(10) });
    await refuses(fetchIt("list", { sha256: sha256(list) }, { layout: "archives" }), "permanent", /part-01/);
    const shorter = Buffer.from(`${list.toString().split("\n")[0] ?? ""}\n`);
    Object.assign(server.files, { list: shorter });
    await refuses(fetchIt("list", { sha256: sha256(list) }, { layout: "archives" }), "permanent", /list is not the pinned one/);
    assert.equal(await fetchIt("list", { sha256: sha256(shorter) }, { layout: "archives" }), "restored");
    assert.deepEqual(readdirSync(data).sort(), [".coinfleet-restored.json", "blocks", "only-0"]);
  });

  it("refuses parts that work together to leave the directory, or name a file twice", async () => {
    const attacks: readonly (readonly [Parameters<typeof tar>[0], Parameters<typeof tar>[0]])[] = [
      [{ a: { type: "symlink", linkname: "b" }, b: { type: "directory" } }, { "a/evil": Buffer.from("x") }],
      [{ a: Buffer.from("1") }, { a: Buffer.from("2") }],
      [{ a: { type: "directory" } }, { a: { type: "symlink", linkname: "b" } }],
    ];
    for (const [first, second] of attacks) {
      const [one, two] = [await tar(first), await tar(second)];
      const list = Buffer.from(`${sha256(one)}  one\n${sha256(two)}  two\n`);
      await offer({ one, two, list });
      await refuses(fetchIt("list", { sha256: sha256(list) }, { layout: "archives" }), "permanent", /two of its parts name "a"/);
      server.stop();
    }
  });

  /** As minisign writes them. */
  function minisign(content: Buffer): { readonly publicKey: string; readonly signature: Buffer } {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const id = randomBytes(8);
    const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
    const signature = sign(null, createHash("blake2b512").update(content).digest(), privateKey);
    const comment = "timestamp:1760000000\tfile:archive\thashed";
    const global = sign(null, Buffer.concat([signature, Buffer.from(comment)]), privateKey);
    const text = `untrusted comment: x\n${Buffer.concat([Buffer.from("ED"), id, signature]).toString("base64")}\ntrusted comment: ${comment}\n${global.toString("base64")}\n`;
    return { publicKey: Buffer.concat([Buffer.from("Ed"), id, raw]).toString("base64"), signature: Buffer.from(text) };
  }

  it("takes an archive by its signature, and refuses another key, another file and a changed comment", async () => {
    const archive = await tar({ "blk0.dat": blocks });
    const { publicKey, signature } = minisign(archive);
    await offer({ archive, "archive.minisig": signature, other: blocks, "other.minisig": signature });
    await refuses(fetchIt("archive", { minisign: minisign(archive).publicKey }), "permanent", /signed with another key/);
    await refuses(fetchIt("other", { minisign: publicKey }), "permanent", /signature does not match|cannot be unpacked/);
    Object.assign(server.files, { "archive.minisig": Buffer.from(signature.toString().replace("1760000000", "1770000000")) });
    await refuses(fetchIt("archive", { minisign: publicKey }), "permanent", /trusted comment does not match/);
    Object.assign(server.files, { "archive.minisig": signature });
    assert.equal(await fetchIt("archive", { minisign: publicKey }), "restored");
  });

  it("goes on after the last verified part when it was killed, and begins again where there is one part only", async () => {
    const { files, list } = await threeArchives();
    const one = await tar({ "blk0.dat": blocks });
    await offer({ ...files, one });
    await killAt("part-02", ["--url", server.url("list"), "--sha256", sha256(list), "--layout", "archives"]);
    assert.ok(readdirSync(data).every((name) => name.startsWith(".coinfleet")));
    server.asked.length = 0;
    assert.equal(await fetchIt("list", { sha256: sha256(list) }, { layout: "archives" }), "restored");
    assert.deepEqual([...new Set(server.asked.map(({ path }) => path))], ["list", "part-02"]);
    rmSync(data, { recursive: true });
    mkdirSync(data);
    await killAt("one", ["--url", server.url("one"), "--sha256", sha256(one)]);
    assert.equal(await fetchIt("one", { sha256: sha256(one) }), "restored");
    assert.deepEqual(restored(), blocks);
  });

  /** Runs the program, and kills it in the middle of a file. */
  async function killAt(path: string, parameters: readonly string[]): Promise<void> {
    // What a killed program leaves there is gone with its container on a host, and here with the folder.
    const scratch = mkdtempSync(join(tmpdir(), "coinfleet-killed-"));
    const args = [join(import.meta.dirname, "../main.ts"), "restore", "--format", "tar", "--data", data, ...parameters];
    const program = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: scratch } });
    const ended = new Promise((resolve) => program.on("close", (_, signal) => resolve(signal)));
    server.faults.before = async (request, asked) => {
      if (asked !== path || (request.headers.range ?? "").startsWith("bytes=0-")) return;
      program.kill("SIGKILL");
      await ended;
    };
    assert.equal(await ended, "SIGKILL");
    rmSync(scratch, { recursive: true });
    delete server.faults.before;
  }

  describe("onto a small disk", () => {
    beforeEach(function () {
      if (process.getuid?.() !== 0 || spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", data]).status !== 0) this.skip();
    });

    afterEach(() => {
      spawnSync("umount", ["--lazy", data]);
    });

    it("says that it is full, and leaves it empty", async () => {
      const archive = await tar({ "blk0.dat": blocks });
      await offer({ archive });
      await refuses(fetchIt("archive", { sha256: sha256(archive) }), "permanent", /data volume is full: blk0.dat has 22020096 bytes/);
      assert.deepEqual(readdirSync(data), []);
    });

    it("stops a bomb of small files when the disk is full, and leaves it empty", async () => {
      const zeros = Buffer.alloc(MiB);
      const bomb = await tar(Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`file-${index}`, zeros])));
      const archive = execFileSync("zstd", ["-q", "-c"], { input: bomb, maxBuffer: 2 ** 26 });
      assert.ok(archive.length < 64 * 1024);
      await offer({ archive });
      await refuses(fetchIt("archive", { sha256: sha256(archive) }, { format: "tar.zst" }), "permanent", /data volume is full/);
      assert.deepEqual(readdirSync(data), []);
    });
  });
});
