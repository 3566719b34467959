import assert from "node:assert/strict";
import { editRelease, type ReleaseEdit } from "./edit-release.ts";

const text = `const clients = {
  oakd: {
    sources: {
      upstream: {
        version: "1.0",
        sha256: { "1.0": { x86_64: "a1" } },
        companions: [{ sha256: { "1.0": { x86_64: "a2" } } }, { sha256: { "1.0": { x86_64: "a3" } } }],
      },
    },
  },
  elmd: { sources: { upstream: { version: "1.0", sha256: { "1.0": { x86_64: "b1" } } } } },
};
`;
const edit: ReleaseEdit = { client: "oakd", source: "upstream", from: "1.0", version: "1.1", isKept: false, pins: [] };
const pinned = (digest: string): { readonly x86_64: string } => ({ x86_64: digest });

describe("editRelease", () => {
  it("changes each file of a release, in their order, and no other client's", () => {
    const wanted = text
      .replace('version: "1.0"', 'version: "1.1"')
      .replace('"1.0": { x86_64: "a1"', '"1.1": { x86_64: "c1"')
      .replace('"1.0": { x86_64: "a2"', '"1.1": { x86_64: "c2"')
      .replace('"1.0": { x86_64: "a3"', '"1.1": { x86_64: "c3"');
    assert.equal(editRelease(text, { ...edit, pins: ["c1", "c2", "c3"].map(pinned) }), wanted);
  });

  it("changes the other client's alone when that is asked for", () => {
    const changed = editRelease(text, { ...edit, client: "elmd", pins: [pinned("c1")] });
    assert.match(changed, /elmd: \{ sources: \{ upstream: \{ version: "1\.1", sha256: \{ "1\.1": \{ x86_64: "c1" \} \} \} \} \}/);
    assert.match(changed, /"a1"[^]*"a2"[^]*"a3"/);
  });

  it("changes a module's sum where it stands in a call, which names the release nowhere else", () => {
    const call = 'const clients = oneClient("oakd", { go: goModule({ module: "oak", sums: { "1.0": "h1:a" } }) });\n';
    const go = { ...edit, source: "go", pins: "h1:c" };
    assert.equal(editRelease(call, go), call.replace('"1.0": "h1:a"', '"1.1": "h1:c"'));
    assert.match(editRelease(call, { ...go, isKept: true }), /sums: \{ "1\.1": "h1:c",\s+"1\.0": "h1:a" \}/);
  });

  it("fails when there are more files than places, or the other way round", () => {
    assert.throws(() => editRelease(text, { ...edit, pins: [pinned("c1")] }), { name: "NotEditable" });
    assert.throws(() => editRelease(text, { ...edit, from: "0.9", pins: [pinned("c1")] }), { name: "NotEditable" });
  });
});
