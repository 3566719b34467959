import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { coins } from "../../../coins/index.ts";
import { catalogueEntry, type CatalogueEntry } from "./catalogue.ts";
import { linesAllowed, sharedCode, sizeProblems } from "./coin-rules.ts";
import { readPrices } from "./monthly-cost.ts";
import { coinFile, projectRoot } from "./project.ts";

const all = Object.values(coins);
const prices = readPrices();
const sourceOf = (id: string): string => readFileSync(coinFile(projectRoot, id), "utf8");
const entryOf = (id: string): CatalogueEntry => {
  const coin = coins[id];
  assert.ok(coin);
  return catalogueEntry(coin, dirname(coinFile(projectRoot, id)), prices);
};

/** Two coins whose authors each wrote the same function with names of their own. */
const code = (name: string): string => `
import { defineCoin } from "@coinfleet/sdk";

// The ${name}'s own.
const ${name}Height = async (node: NodeClient): Promise<number> => {
  const answer = await node.jsonRpc("${name}", "getinfo");
  const parsed = ${name}Info.parse(answer);
  if (parsed.height < 0) throw new ProbeError("malformed", "${name}");
  const tip = parsed.height + 1;
  return tip;
};

export default defineCoin({ id: "${name}" });
`;

describe("the size of coins", () => {
  it("is two files, and 80 lines, or 160 with several daemons or a protocol of its own", () => {
    assert.deepEqual(
      all.flatMap((coin) => sizeProblems(entryOf(coin.id), linesAllowed(coin, sourceOf(coin.id)))),
      [],
    );
  });

  it("leaves no code that two coins share", () => {
    const sources = Object.fromEntries(all.map(({ id }) => [id, sourceOf(id)]));
    assert.deepEqual(sharedCode(sources), []);
  });
});

describe("the checks of the size of coins", () => {
  const [first] = all;
  assert.ok(first);
  const entry = { ...entryOf(first.id), id: "oak", files: 2, lines: 80 };

  it("find a coin that is too long, or has more files", () => {
    assert.deepEqual(sizeProblems(entry, 80), []);
    assert.deepEqual(sizeProblems({ ...entry, lines: 81 }, 80), ["oak has 81 lines, and may have 80"]);
    assert.equal(sizeProblems({ ...entry, files: 3 }, 80).length, 1);
  });

  it("allow more to several daemons and to a protocol that no other coin speaks", () => {
    const oak = { ...first, clients: { oakd: { sources: {} } } };
    assert.equal(linesAllowed(oak, "export default defineCoin({\n  ...bitcoinRpc({}),\n"), 80);
    assert.equal(linesAllowed(oak, 'export default defineCoin({\n  family: "oak",\n'), 160);
    assert.equal(linesAllowed({ ...oak, clients: { ...oak.clients, elmd: { sources: {} } } }, ""), 160);
  });

  it("find code that is the same but for its names", () => {
    assert.deepEqual(sharedCode({ oak: code("oak"), elm: code("elm") }), [
      "oak from line 5 and elm from line 5 share 6 lines of one shape",
    ]);
    assert.deepEqual(sharedCode({ oak: code("oak"), elm: code("elm").replace("  return tip;\n", "") }), []);
  });
});
