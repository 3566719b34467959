import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { editFleet } from "./stack-file-edit.ts";

const pinned = (text: string, group: string): string => editFleet(text, ["nodes", group], (map) => map.setIn(["volume", "snapshot"], id));
const id = "snap-0123456789abcdef0";

/** Lines of one text that the other has not. */
const only = (text: string, other: string): readonly string[] => text.split("\n").filter((line) => !other.split("\n").includes(line));

describe("a value set in a stack file", () => {
  for (const file of globSync("stacks/Pulumi.*.yaml", { cwd: new URL("../../../", import.meta.url) }))
    it(`changes one group of ${file}, and no other line`, () => {
      const text = readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8");
      const changed = pinned(text, "litecoin");
      assert.equal(only(changed, text).length, 1, only(changed, text).join("\n"));
      assert.ok(only(text, changed).length <= 1);
      const { config } = parse(changed) as { config: Record<string, { nodes: Record<string, { volume: unknown }> }> };
      assert.equal((config["coinfleet:fleet"]?.nodes["litecoin"]?.volume as { snapshot: string }).snapshot, id);
    });

  it("keeps comments, quotes and the spaces of what stands beside it", () => {
    const text = `config:
  a: ["1", '2'] # why
  coinfleet:fleet:
    nodes:
      # ours
      litecoin: { network: mainnet, allowedCidrs: [10.0.0.0/8], volume: { sizeGiB: 4, snapshot: snap-00000000 } } # large
`;
    assert.equal(pinned(text, "litecoin"), text.replace("snap-00000000", id));
  });

  it("makes the mapping where there is none, in the group's own style", () => {
    const block =
      "config:\n  coinfleet:fleet:\n    nodes:\n      litecoin:\n        network: mainnet # main\n      monero: { network: mainnet }\n";
    assert.equal(pinned(block, "litecoin"), block.replace("# main\n", `# main\n        volume:\n          snapshot: ${id}\n`));
    assert.equal(
      pinned(block, "monero"),
      block.replace("monero: { network: mainnet }", `monero: { network: mainnet, volume: { snapshot: ${id} } }`),
    );
  });

  it("keeps the comment behind a map that becomes a block, and the form of what it does not touch", () => {
    const text = `config:
  coinfleet:fleet:
    images: { base: a } # ours
    nodes: { litecoin: { network: mainnet,
      count: 2 } }
`;
    const changed = editFleet(text, ["images"], (map) => {
      map.set("promoted", "b");
      map.flow = false;
    });
    assert.equal(changed.match(/# ours/g)?.length, 1, changed);
    assert.deepEqual(parse(changed), {
      config: { "coinfleet:fleet": { images: { base: "a", promoted: "b" }, nodes: { litecoin: { network: "mainnet", count: 2 } } } },
    });
    assert.ok(changed.endsWith(text.slice(text.indexOf("    nodes:"))), changed);
  });

  it("puts a key that is not there before the nodes", () => {
    const text = "config:\n  coinfleet:fleet:\n    zones: [a, b]\n    nodes: {}\n";
    const changed = editFleet(text, ["images"], (map) => map.set("base", "x"));
    assert.equal(changed, text.replace("    nodes", "    images:\n      base: x\n    nodes"));
  });

  it("leaves a file alone that says so already", () => {
    const text = `config: { coinfleet:fleet: { nodes: { litecoin: { volume: { snapshot: ${id} } } } } }\n`;
    assert.equal(pinned(text, "litecoin"), text);
  });
});
