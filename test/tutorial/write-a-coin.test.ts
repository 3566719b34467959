import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeSigner, makeTarGz, signDetached, startUpstream, type FakeUpstream } from "@coinfleet/build/testing";
import { blocksOf, copyProject, follow } from "./follow-page.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/write-a-coin.md"), "utf8");
const fingerprint = "0123456789ABCDEF0123456789ABCDEF01234567";

/** Publishes Oakcoin's release as the page says that its project does, behind a mirror. @returns the signer's fingerprint */
async function publish(mirror: FakeUpstream): Promise<string> {
  const ann = await makeSigner("ann");
  for (const machine of ["x86_64", "aarch64"]) {
    const bytes = await makeTarGz([[{ name: "oakcoin-1.0.0/bin/oakcoind" }, `oakcoind for ${machine}`]]);
    const path = `/downloads.oakcoin.example/1.0.0/oakcoin-1.0.0-${machine}-linux-gnu.tar.gz`;
    mirror.serve(path, bytes);
    mirror.serve(`${path}.asc`, await signDetached(bytes, [ann]));
  }
  mirror.serve(`/keys/${ann.fingerprint}`, ann.publicKey);
  return ann.fingerprint;
}

/** Follows docs/write-a-coin.md. Does not prove that a coin made in this way runs: that needs its real daemon. */
describe("docs/write-a-coin.md", function () {
  this.timeout(400_000);
  let folder: string;
  let mirror: FakeUpstream;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "coinfleet-tutorial-"));
    mirror = await startUpstream();
  });
  after(async () => {
    await mirror.close();
    rmSync(folder, { recursive: true });
  });

  const digestOf = (path: string): string =>
    execFileSync("sh", ["-c", `find ${path} -type f -not -path '*/node_modules/*' | sort | xargs sha256sum | sha256sum`], {
      cwd: folder,
      encoding: "utf8",
    });

  it("leads to a coin that passes the conformance suite, and touches nothing under packages/", async () => {
    copyProject(root, folder);
    const packages = digestOf("packages");
    const coins = digestOf("coins");
    const signer = await publish(mirror);
    const environment = {
      ...process.env,
      COINFLEET_MIRROR: mirror.url,
      COINFLEET_KEY_SERVERS: `${mirror.url}/keys/{fingerprint}`,
      XDG_CACHE_HOME: join(folder, "cache"),
    };
    const blocks = blocksOf(page.replaceAll(fingerprint, signer));
    assert.ok(blocks.filter(({ kind }) => kind === "sh").length >= 4);
    let said = "";
    for (const block of blocks) said = await follow(block, folder, said, environment);
    assert.equal(digestOf("packages"), packages);
    assert.notEqual(digestOf("coins"), coins);
  });

  it("would be found out if it showed what is not so", async () => {
    await assert.rejects(follow({ kind: "text", file: undefined, text: "one\ntwo\n" }, folder, "one", {}), /the page shows "two"/);
    await assert.rejects(follow({ kind: "sh", file: undefined, text: "false\n" }, folder, "", process.env), /Command failed/);
    await assert.rejects(follow({ kind: "php", file: undefined, text: "" }, folder, "", {}), /a block of php/);
  });
});
