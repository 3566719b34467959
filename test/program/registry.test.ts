import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  absentSchema,
  conformanceProblems,
  duplicates,
  groupFor,
  mistakenCoins,
  readRecordings,
  registryProblems,
  situationProblems,
} from "@coinfleet/testkit";
import { coins } from "../../coins/index.ts";

const root = join(import.meta.dirname, "../..");
const [coin] = Object.values(coins);
assert.ok(coin);

/** Type tokens of the components: two classes with the same one would be one kind of resource to the engine. */
function typeTokens(): readonly { readonly key: string; readonly value: string }[] {
  return globSync("packages/*/src/**/*.ts", { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/static readonly type = "(coinfleet:\w+:[A-Z]\w*)"/g)].map(([, value = ""]) => ({
      key: file,
      value,
    })),
  );
}

describe("the coins together", () => {
  it("have ids, names and symbols of their own", () => assert.deepEqual(registryProblems(coins), []));

  it("want no port of a host twice, on any network", () => {
    const clashes = Object.values(coins).flatMap((one) => conformanceProblems(one).filter((what) => what.includes("port ")));
    assert.deepEqual(clashes, []);
    for (const one of Object.values(coins))
      for (const network of Object.keys(one.networks)) assert.ok(groupFor(one, network).nodes.length > 0);
  });

  it("have been recorded in each situation that their protocols know", () => {
    const recordings = join(root, "test/fixtures");
    const absent = absentSchema.parse(JSON.parse(readFileSync(join(recordings, "absent.json"), "utf8")));
    assert.deepEqual(
      situationProblems(Object.values(coins), (id) => readRecordings(join(recordings, id)), absent),
      [],
    );
  });

  it("are not taken for each other", async () => {
    assert.deepEqual(await mistakenCoins(coins, (id) => readRecordings(join(root, "test/fixtures", id))), []);
  });

  it("are built of components with type tokens of their own", () => {
    assert.ok(typeTokens().length > 10);
    assert.deepEqual(duplicates("type token", typeTokens()), []);
  });
});

describe("the checks of the coins together", () => {
  const again = { ...coin, id: "again", name: "Again", symbol: "AGAIN" };

  it("find nothing wrong with two different coins", () => assert.deepEqual(registryProblems({ [coin.id]: coin, again }), []));
  for (const field of ["id", "name", "symbol"] as const) {
    it(`find two coins with the same ${field}`, () => {
      const problems = registryProblems({ [coin.id]: coin, again: { ...again, [field]: coin[field] } });
      assert.ok(problems.includes(`${field} "${coin[field].toLowerCase()}" is that of ${coin.id} and again`), problems.join("\n"));
    });
  }
  it("find a coin that takes another's answers for its own", async () => {
    const twin = { ...coin, id: "twin" };
    const recordings = readRecordings(join(root, "test/fixtures", coin.id));
    const network = recordings.find(({ situation }) => situation === "in-sync")?.recording.network;
    const found = await mistakenCoins({ [coin.id]: coin, twin }, (id) => (id === coin.id ? recordings : []));
    assert.deepEqual(found, [`${coin.id} is taken for twin on ${network}`]);
  });
  it("find a coin that is registered under another name", () =>
    assert.deepEqual(registryProblems({ other: again }), ['the coin "again" is registered as "other"']));
  it("find a type token that two files use", () =>
    assert.deepEqual(
      duplicates("type token", [
        { key: "a.ts", value: "coinfleet:aws:Node" },
        { key: "b.ts", value: "coinfleet:aws:Node" },
      ]),
      ['type token "coinfleet:aws:Node" is that of a.ts and b.ts'],
    ));
  it("find a port that two programs of a host want", () => {
    const [name = "", network] = Object.entries(coin.networks)[0] ?? [];
    assert.ok(network?.ports["rpc"]);
    const ports = { ...network.ports, p2p: network.ports["rpc"] };
    const clash = { ...coin, networks: { ...coin.networks, [name]: { ...network, ports } } };
    assert.match(conformanceProblems(clash).join("\n"), /port \d+\/tcp is used by/);
  });
});
