import assert from "node:assert/strict";
import { join } from "node:path";
import { pending, pendingDigests, type Coin } from "@coinfleet/sdk";
import litecoin from "@coinfleet/coin-litecoin";
import { catalogueEntry, type CatalogueEntry } from "./catalogue.ts";
import { readPrices } from "./monthly-cost.ts";
import { projectRoot } from "./project.ts";
import { renderCatalogue, renderFamilies, renderLimits, renderSizes } from "./render-catalogue.ts";

const folder = join(projectRoot, "coins/litecoin");
const prices = readPrices();
const data = { sizeGiB: 600, growthGiBPerYear: 80, source: "invented" };
const { mainnet, regtest } = litecoin.networks;
const signature = { kind: "detached", url: "{url}.asc", signers: [{ name: "Ann", fingerprint: "A".repeat(40) }], threshold: 1 } as const;
const digests = { x86_64: "0".repeat(64) };
const source = { kind: "signedArchive", version: "1.0", url: {}, sha256: { "1.0": digests }, signature, binaries: {} } as const;

const oak: Coin = {
  ...litecoin,
  id: "oak",
  symbol: "OAK",
  clients: { oakd: { sources: { upstream: { ...source, url: { x86_64: "https://oak.example/oak" } } } } },
  networks: { mainnet: { ...mainnet, data, instanceType: "m7i.large" }, regtest },
  snapshot: { mainnet: { kind: "client", how: "it asks its peers" }, regtest: { kind: "none", reason: "starts empty" } },
};
const entry = (coin: Coin): CatalogueEntry => catalogueEntry(coin, folder, prices);
const limits = (coin: Coin): readonly string[] => entry(coin).unsupported.map(({ what, why }) => `${what}: ${why}`);

describe("catalogueEntry", () => {
  it("counts the hand-written files of a coin and their lines", () => {
    const { files, lines } = entry(litecoin);
    assert.equal(files, 2);
    assert.ok(lines > 40 && lines < 200, String(lines));
  });

  it("says how a release is verified, and whether it can be built", () => {
    assert.deepEqual(entry(oak).clients, [
      {
        name: "oakd",
        release: "1.0",
        sources: ["upstream"],
        architectures: ["x86_64"],
        verification: "sha256, OpenPGP 1 of 1",
        isPinned: true,
      },
    ]);
  });

  it("names what does not work, with the coin's own reason", () => {
    assert.deepEqual(limits(oak), ["oakd on arm64: the source of production has no binaries for it"]);
    const url = { x86_64: "https://oak.example/oak", arm64: "https://oak.example/oak" };
    const clients = { oakd: { sources: { upstream: { ...source, url, sha256: { "1.0": pendingDigests("nobody has looked") } } } } };
    const unmeasured = { ...mainnet, data: { ...data, sizeGiB: pending("measure"), growthGiBPerYear: pending("measure") } };
    const wanting: Coin = {
      ...oak,
      clients,
      status: { kind: "retired", reason: "the network is dead", since: "2025-01-01" },
      networks: { mainnet: unmeasured },
      snapshot: { mainnet: { kind: "none", reason: "nobody publishes one" } },
      keys: { what: "channel states" },
      produceBlock: { unsupported: "it has no miner" },
    };
    assert.deepEqual(limits(wanting), [
      "production: retired since 2025-01-01: the network is dead",
      "oakd 1.0 cannot be built yet: nobody has looked",
      "size of the data on mainnet: measure",
      "snapshot on mainnet: nobody publishes one",
      "restore and rollback: its data holds channel states",
      "blocks on request: it has no miner",
      "private network: the plugin declares none",
    ]);
  });
});

describe("renderCatalogue", () => {
  it("gives a row a coin, with the main network's figures", () => {
    const row = renderCatalogue([entry(oak)], prices).split("\n")[2] ?? "";
    const cells = row.split("|").map((cell) => cell.trim());
    assert.deepEqual(cells.slice(1, -1), [
      "oak",
      "OAK",
      "bitcoin-rpc",
      "oakd 1.0",
      "mainnet, regtest",
      "600 GiB",
      "6 GiB",
      "$142",
      "sha256, OpenPGP 1 of 1",
      "client: it asks its peers",
    ]);
  });

  it("leaves unknown what is unknown", () => {
    const coin = { ...oak, networks: { mainnet: { ...mainnet, data: { ...data, sizeGiB: pending("measure") } }, regtest } };
    assert.match(renderCatalogue([entry(coin)], prices), /\| +unknown \| +6 GiB \| +\$74 \+ volume \|/);
  });
});

/** Cells of a table's rows, without its heading. */
const cellsOf = (table: string): string[][] =>
  table
    .split("\n")
    .slice(2)
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

describe("renderSizes", () => {
  it("counts the files and lines of the coins with and without a family", () => {
    const sized = (id: string, family: string, lines: number): CatalogueEntry => ({ ...entry(oak), id, family, files: 2, lines });
    const entries = [sized("oak", "elm", 80), sized("ash", "ash", 151), sized("fir", "elm", 40), sized("yew", "elm", 60)];
    assert.deepEqual(cellsOf(renderSizes(entries, { elm: {} })), [
      ["of a family", "3", "6", "2", "40 to 80, median 60"],
      ["with a protocol of their own", "1", "2", "2", "151 to 151, median 151"],
    ]);
  });
});

describe("renderFamilies", () => {
  it("names every family, its coins, and the coins that have none", () => {
    const families = { "bitcoin-rpc": { about: "bitcoind" }, elm: { about: "elmd" } };
    const table = renderFamilies([entry(oak), { ...entry(oak), id: "ash", family: "ash" }], families);
    assert.deepEqual(cellsOf(table), [
      ["`bitcoin-rpc`", "bitcoind", "oak"],
      ["`elm`", "elmd", ""],
      ["none", "a protocol that no other coin speaks", "ash"],
    ]);
  });
});

describe("renderLimits", () => {
  it("gives a heading to each coin that has some", () => {
    const limits = [{ what: "snapshot on mainnet", why: "nobody publishes one" }];
    const text = renderLimits([
      { ...entry(oak), unsupported: limits },
      { ...entry(oak), id: "elm", unsupported: [] },
      { ...entry(oak), id: "ash", unsupported: limits },
    ]);
    const line = "- snapshot on mainnet: nobody publishes one";
    assert.equal(text, `## oak\n\n${line}\n\n## ash\n\n${line}`);
  });
});
