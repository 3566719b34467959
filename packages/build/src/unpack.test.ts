import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { makeAr, makeTar } from "./testing/archives.ts";
import { unpackBinaries } from "./unpack.ts";

const binaries = { coind: "coin/coind" };
// Made by tar, xz, bzip2 and Python's zipfile, which are not here when the tests run. Each has coin/coind with the text "the daemon\n".
const archives = {
  "coin.tar.xz":
    "/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/AHNdADGbyWG+yCI0B9hY6klbSCLHiyBhL/E9AzDUh7/NG/15MwyzL3FqWa2gyZUsCBHHbpV/hS5oE2bDAfsrpGza5EqGpfUe4ZISYBNCqoMjTYH46FOs12Rd6tFHCsSjojOPUqFBqsv8JBxicqO/9r1bIo6FJ5oAANU0HSps3PyQAAGPAYBQAADrwzaQscRn+wIAAAAABFla",
  "coin.tar.bz2":
    "QlpoOTFBWSZTWZdha24AAIl7gMqQAgBAAO+AAQhuY54ABAggAHUNENQ0NPUHpAaAJKQBkNA0A0aShbg5xSkA2tJCH1PY0LnsGlYhDAOpnHg4bwEEBETTqBB4zZVMWSWaJF8XGYDeDX7bKXXNfqgyKivaiRIvkZCQfi7kinChIS7C1tw=",
  "coin.zip":
    "UEsDBBQAAAAAAAAAIQBkMiF0CwAAAAsAAAAKAAAAY29pbi9jb2luZHRoZSBkYWVtb24KUEsBAhQDFAAAAAAAAAAhAGQyIXQLAAAACwAAAAoAAAAAAAAAAAAAAO2BAAAAAGNvaW4vY29pbmRQSwUGAAAAAAEAAQA4AAAAMwAAAAAA",
} as const;
const zipWithLink =
  "UEsDBBQAAAAAAAAAIQDUbxTaBwAAAAcAAAAKAAAAY29pbi9jb2luZC9iaW4vc2hQSwECFAMUAAAAAAAAACEA1G8U2gcAAAAHAAAACgAAAAAAAAAAAAAA/6EAAAAAY29pbi9jb2luZFBLBQYAAAAAAQABADgAAAAvAAAAAAA=";
const zipWithDots =
  "UEsDBBQAAAAAABcedV2DFtyMAQAAAAEAAAAKAAAAY29pbi9jb2luZHhQSwMEFAAAAAAAFx51XYMW3IwBAAAAAQAAAAcAAAAuLi9ldmlseFBLAQIUAxQAAAAAABcedV2DFtyMAQAAAAEAAAAKAAAAAAAAAAAAAACAAQAAAABjb2luL2NvaW5kUEsBAhQDFAAAAAAAFx51XYMW3IwBAAAAAQAAAAcAAAAAAAAAAAAAAIABKQAAAC4uL2V2aWxQSwUGAAAAAAIAAgBtAAAATwAAAAAA";

describe("unpackBinaries", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "coinfleet-unpack-test-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function unpack(name: string, bytes: Buffer): Promise<string> {
    const file = join(folder, "archive");
    await writeFile(file, bytes);
    await unpackBinaries(file, name, { binaries }, "1.0.0", folder);
    assert.deepEqual((await readdir(folder)).sort(), ["archive", "coind"]);
    return readFile(join(folder, "coind"), "utf8");
  }

  for (const [name, base64] of Object.entries(archives)) {
    it(`reads ${name}`, async () => assert.equal(await unpack(name, Buffer.from(base64, "base64")), "the daemon\n"));
    it(`fails on half of ${name}`, async () => {
      const bytes = Buffer.from(base64, "base64");
      await assert.rejects(unpack(name, bytes.subarray(0, bytes.length / 2)), { name: "ArchiveRefused" });
    });
  }

  it("reads coin.tar.zst and a bare coin.tar", async () => {
    const tar = await makeTar([[{ name: "coin/coind" }, "the daemon\n"]]);
    assert.equal(await unpack("coin.tar.zst", zstdCompressSync(tar)), "the daemon\n");
    await rm(join(folder, "coind"));
    assert.equal(await unpack("coin.tar", tar), "the daemon\n");
  });

  it("reads a Debian package, and fails on half of it, on one without data and on another file", async () => {
    const tar = await makeTar([[{ name: "./coin/coind" }, "the daemon\n"]]);
    const data = ["data.tar.gz", gzipSync(tar)] as const;
    const control = ["control.tar.gz", Buffer.from("odd")] as const;
    assert.equal(await unpack("coin_1.0.0_amd64.deb", makeAr([["debian-binary", Buffer.from("2.0\n")], control, data])), "the daemon\n");
    await rm(join(folder, "coind"));
    const whole = makeAr([control, data]);
    const refused: readonly Buffer[] = [whole.subarray(0, whole.length / 2), makeAr([control]), tar, Buffer.alloc(0)];
    for (const bytes of refused) await assert.rejects(unpack("coin.deb", bytes), { name: "ArchiveRefused" });
    const link = await makeTar([[{ name: "coin/coind", type: "symlink", linkname: "/bin/sh" }]]);
    await assert.rejects(unpack("coin.deb", makeAr([["data.tar", link]])), { name: "ArchiveRefused" });
  });

  it("takes a file that is no archive as the binary itself, under its own name only", async () => {
    const file = join(folder, "archive");
    await writeFile(file, "bare");
    await unpackBinaries(file, "coind-1.0.0-linux", { binaries: { coind: "coind-{version}-linux" } }, "1.0.0", folder);
    assert.equal(await readFile(join(folder, "coind"), "utf8"), "bare");
    await rm(join(folder, "coind"));
    await unpackBinaries(file, "of-no-pattern", { binaries: { coind: "{file}" } }, "1.0.0", folder);
    assert.equal(await readFile(join(folder, "coind"), "utf8"), "bare");
    await assert.rejects(unpackBinaries(file, "other", { binaries: { coind: "coind-{version}-linux" } }, "1.0.0", folder), {
      name: "BinaryMissing",
    });
  });

  it("fails on a zip archive with a link or with ..", async () => {
    await assert.rejects(unpack("coin.zip", Buffer.from(zipWithLink, "base64")), /ArchiveRefused[^]*link or device/);
    await assert.rejects(unpack("coin.zip", Buffer.from(zipWithDots, "base64")), /ArchiveRefused[^]*\.\./);
  });

  it("fails when an archive unfolds to more than allowed", async () => {
    const file = join(folder, "archive");
    await writeFile(
      file,
      await makeTar([
        [{ name: "a" }, "x".repeat(600)],
        [{ name: "b" }, "x".repeat(600)],
      ]),
    );
    await assert.rejects(unpackBinaries(file, "a.tar", { binaries: {} }, "1", folder, { maxEntries: 10, maxBytes: 1_000 }), {
      name: "ArchiveRefused",
    });
    await assert.rejects(unpackBinaries(file, "a.tar", { binaries: {} }, "1", folder, { maxEntries: 1, maxBytes: 10_000 }), {
      name: "ArchiveRefused",
    });
  });

  it("fails when a binary's name is a path", async () => {
    await writeFile(join(folder, "archive"), "x");
    await assert.rejects(unpackBinaries(join(folder, "archive"), "x", { binaries: { "../coind": "x" } }, "1", folder), {
      name: "ArchiveRefused",
    });
  });
});
