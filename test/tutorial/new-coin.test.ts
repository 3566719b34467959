import assert from "node:assert/strict";
import { execFileSync, spawnSync, type SpawnSyncReturns } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Coin } from "@coinfleet/sdk";
import { assertGolden, conformanceProblems } from "@coinfleet/testkit";
import { z } from "zod";
import { copyProject } from "./follow-page.ts";

const root = join(import.meta.dirname, "../..");
const common = ["--symbol", "OAK", "--memory-mib", "4096"];
const binary = ["--client", "oakd", "--release", "1.0.0"];
const ports = ["--p2p", "9555", "--rpc", "9556"];
const interval = ["--block-interval-sec", "60"];

/** What an author must say, by family; `evm` twice, with and without a leader. */
const flags: Readonly<Record<string, readonly string[]>> = {
  antelope: [],
  "bitcoin-rpc": [...binary, ...ports, ...interval],
  "btcd-rpc": [...binary, ...ports, ...interval],
  evm: [...binary, ...interval],
  "evm, led": [...binary, ...interval, "--consensus", "elmd"],
  lnd: ["--release", "1.0.0", ...interval],
  monero: ["--release", "1.0.0", ...ports, ...interval],
  substrate: [...binary, ...interval],
  tendermint: [...binary, ...interval],
  zebra: ["--release", "1.0.0", ...ports, ...interval],
};
const familyOf = (name: string): string => name.split(",")[0] ?? name;
const idOf = (name: string): string => `oak-${name.replaceAll(/[^a-z]+/g, "-")}`;

const coinModule = z.object({ default: z.custom<Coin>((value) => typeof value === "object" && value !== null && "daemons" in value) });

/** `npm run coin -- new`, for each family, in a copy of the project. Does not prove that such a coin runs: that needs its real daemon. */
describe("a new coin", function () {
  this.timeout(400_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "coinfleet-new-coin-"));
    copyProject(root, folder);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const coin = (...words: string[]): SpawnSyncReturns<string> =>
    spawnSync("node", ["tools/coin/src/main.ts", ...words], { cwd: folder, encoding: "utf8", env: { ...process.env, UPDATE_GOLDEN: "" } });

  it("can be of every family that the SDK has", () => {
    const sources = join(root, "packages/sdk/src/families");
    const inSdk = readdirSync(sources).flatMap((file) => [
      ...(/^ {4}family: "([a-z-]+)",$/m.exec(readFileSync(join(sources, file), "utf8"))?.slice(1) ?? []),
    ]);
    assert.deepEqual([...new Set(Object.keys(flags).map(familyOf))].sort(), inSdk.sort());
    const { stdout } = coin("new", "--help");
    for (const family of inSdk) assert.match(stdout, new RegExp(`^  ${family} `, "m"));
  });

  const missing: Record<string, readonly string[]> = {};
  for (const [name, words] of Object.entries(flags)) {
    it(`of the family ${name} is two short files and a registration, and hears what is missing`, async () => {
      const id = idOf(name);
      const made = coin("new", id, "--family", familyOf(name), "--name", `Oak, ${name}`, ...common, ...words);
      assert.equal(made.status, 0, made.stderr);
      assert.match(made.stdout, new RegExp(`^Written: coins/${id}/package\\.json and coins/${id}/index\\.ts\\.`));
      missing[name] = made.stdout.split("\n").flatMap((line) => (line.startsWith("- ") ? [line.slice(2)] : []));
      const lines = ["package.json", "index.ts"].flatMap((file) => readFileSync(join(folder, "coins", id, file), "utf8").split("\n"));
      assert.ok(lines.length <= 80, `${lines.length} lines`);
      // All that is wrong with it is what it says itself that it still wants.
      const { default: written } = coinModule.parse(await import(pathToFileURL(join(folder, "coins", id, "index.ts")).href));
      assert.deepEqual(
        conformanceProblems(written).filter((problem) => !problem.includes("TODO: ")),
        [],
      );
    });
  }

  it("hears the same of its family every time", () => {
    assertGolden(join(root, "test/golden/new-coin.json"), missing);
  });

  it("compiles, is formatted, and breaks no rule of the house", () => {
    const files = Object.keys(flags).map((name) => `coins/${idOf(name)}/index.ts`);
    writeFileSync(
      join(folder, "tsconfig.new.json"),
      JSON.stringify({ extends: "./tsconfig.json", files: ["coins/index.ts"], include: [] }),
    );
    const bin = (name: string): string => join(root, "node_modules/.bin", name);
    execFileSync(bin("tsc"), ["--noEmit", "-p", "tsconfig.new.json"], { cwd: folder, stdio: "pipe" });
    execFileSync(bin("prettier"), ["--check", ...files], { cwd: folder, stdio: "pipe" });
    execFileSync(bin("eslint"), files, { cwd: folder, stdio: "pipe" });
  });

  it("is refused with every answer that is missing, wrong or needless, and leaves nothing behind", () => {
    const refused = coin("new", "Oak", "--family", "antelope", "--symbol", "oak", "--name", "Oak", "--memory-mib", "4096", "--rpc", "1");
    assert.equal(refused.status, 1);
    assert.match(
      refused.stderr,
      /^InvalidInput: [^]*--rpc \(the family says it itself[^]*the id \(lower-case[^]*--symbol \(2 to 6 capitals\)/,
    );
    assert.match(
      coin("new", "oak", "--family", "bitcoinrpc", "--name", "Oak", ...common).stderr,
      /UnknownName[^]*Did you mean "bitcoin-rpc"/,
    );
    assert.ok(!readdirSync(join(folder, "coins")).some((name) => ["oak", "Oak"].includes(name)));
  });
});
