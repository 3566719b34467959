import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Asset, GoModule, ResolvedClient } from "@coinfleet/sdk";
import { pending } from "@coinfleet/sdk";
import type { ImageSpec } from "@coinfleet/host";
import { planImage, prepareImageContext } from "./image-plan.ts";
import { startUpstream } from "./testing/fake-upstream.ts";

const root = join(import.meta.dirname, "../../..");
const base = "public.ecr.aws/debian/debian:bookworm-slim";

function client(source: ResolvedClient["source"]): Extract<ImageSpec, { kind: "client" }> {
  return {
    kind: "client",
    base,
    architecture: "x86_64",
    client: { name: "coind", version: "1.0.0", sourceName: "debian", source, runtimePackages: [] },
  };
}

const debian = client({
  kind: "debianPackage",
  version: "1.0.0",
  package: "coind",
  pins: { "1.0.0": "1.0.0-2" },
  binaries: { coind: "/usr/lib/coin/coind" },
});
const goPending: GoModule = {
  kind: "goModule",
  version: "1.0.0",
  module: "example.invalid/coin",
  packages: { "example.invalid/coin": "coind" },
  sums: { "1.0.0": pending("nobody looked") },
};

describe("prepareImageContext", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "coinfleet-context-test-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("writes a complete folder, and leaves one that is there alone", async () => {
    const plan = planImage(debian, root);
    const directory = join(folder, "images", plan.digest);
    assert.equal((await prepareImageContext(plan, directory, root)).wasThere, false);
    assert.match(await readFile(join(directory, "Dockerfile"), "utf8"), /coind=1\.0\.0-2/);
    const made = (await stat(directory)).ctimeMs;
    assert.equal((await prepareImageContext(plan, directory, root)).wasThere, true);
    assert.equal((await stat(directory)).ctimeMs, made);
    assert.deepEqual(await readdir(join(folder, "images")), [plan.digest]);
  });

  it("brings the network's files as they are pinned, unpacked, and refuses others", async () => {
    const upstream = await startUpstream();
    try {
      const packed = gzipSync('{"genesis":true}');
      upstream.serve("/genesis.json.gz", packed);
      const url = `${upstream.url}/genesis.json.gz`;
      const prepare = async (sha256: Asset["sha256"]): Promise<string> => {
        const spec = { ...debian, client: { ...debian.client, assets: { "genesis.json": { url, sha256 } } } } as const;
        const plan = planImage(spec, root);
        const directory = join(folder, plan.digest);
        await prepareImageContext(plan, directory, root, { cacheDir: join(folder, "cache") });
        assert.match(await readFile(join(directory, "Dockerfile"), "utf8"), /COPY share\/ \/usr\/local\/share\/coinfleet\//);
        return readFile(join(directory, "share/genesis.json"), "utf8");
      };
      assert.equal(await prepare(createHash("sha256").update(packed).digest("hex")), '{"genesis":true}');
      await assert.rejects(prepare("0".repeat(64)), { name: "DigestMismatch" });
      await assert.rejects(prepare(pending("nobody looked")), { name: "ReleasePending" });
    } finally {
      await upstream.close();
    }
  });

  it("fails when the digest is another one than the spec gives", async () => {
    await assert.rejects(prepareImageContext({ spec: debian, digest: "0".repeat(64) }, join(folder, "x"), root), { name: "SpecMismatch" });
    assert.deepEqual(await readdir(folder), []);
  });

  it("fails when the release is pending, and leaves no folder", async () => {
    const spec = client(goPending);
    await assert.rejects(prepareImageContext(planImage(spec, root), join(folder, "x"), root), /pending: nobody looked/);
    assert.deepEqual(await readdir(folder), []);
  });

  it("fails when an agent's coin does not exist", () => {
    assert.throws(() => planImage({ kind: "agent", coin: "nocoin", base, architecture: "x86_64" }, root), /coins\/nocoin/);
  });

  it("bundles an agent that Node can load", async function () {
    this.timeout(60_000);
    const coin = (await readdir(join(root, "coins"), { withFileTypes: true })).find((entry) => entry.isDirectory())?.name ?? "";
    const plan = planImage({ kind: "agent", coin, base, architecture: "x86_64" }, root);
    const directory = join(folder, "agent");
    await prepareImageContext(plan, directory, root, {});
    assert.deepEqual((await readdir(directory)).sort(), [".dockerignore", "Dockerfile", "agent.js", "coin.js", "node", "package.json"]);
    const check = spawnSync(
      join(directory, "node"),
      ["--input-type=module", "-e", `const c = await import(${JSON.stringify(join(directory, "coin.js"))}); console.log(c.default.id)`],
      { encoding: "utf8" },
    );
    assert.equal(check.stdout.trim(), coin, check.stderr);
    assert.equal(spawnSync(join(directory, "node"), ["--check", join(directory, "agent.js")]).status, 0);
    assert.equal(planImage({ kind: "agent", coin, base, architecture: "x86_64" }, root).digest, plan.digest);
  });
});
