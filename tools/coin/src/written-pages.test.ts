import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stalePages, writePages, type WrittenPage } from "./written-pages.ts";

const marked = (part: string, text: string): string =>
  `<!-- ${part}: written by \`npm run coins -- --write\` -->\n${text}\n<!-- /${part} -->\n`;
const pages = (text: string): readonly WrittenPage[] => [
  { path: "README.md", parts: { coins: text, families: "elm" } },
  { path: "docs/coins.md", parts: { catalogue: text } },
];

describe("pages that are written from the coins", () => {
  let root: string;
  const write = (path: string, text: string): void => writeFileSync(join(root, path), text);
  const read = (path: string): string => readFileSync(join(root, path), "utf8");
  const stale = (text: string): readonly string[] => stalePages(root, pages(text));

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "coinfleet-pages-"));
    mkdirSync(join(root, "docs"));
    write("README.md", `# Page\n\n${marked("coins", "old")}\nbetween\n\n${marked("families", "old")}\nend\n`);
    write("docs/coins.md", `# Coins\n\n${marked("catalogue", "old")}`);
    writePages(root, pages("oak"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("are changed between the markers only, and are current afterwards", () => {
    assert.equal(read("README.md"), `# Page\n\n${marked("coins", "\noak\n")}\nbetween\n\n${marked("families", "\nelm\n")}\nend\n`);
    assert.equal(read("docs/coins.md"), `# Coins\n\n${marked("catalogue", "\noak\n")}`);
    assert.deepEqual(stale("oak"), []);
  });

  it("are stale, both, when the coins have changed", () => assert.deepEqual(stale("ash"), ["README.md", "docs/coins.md"]));

  for (const path of ["README.md", "docs/coins.md"]) {
    it(`are stale when somebody has edited ${path} by hand`, () => {
      write(path, read(path).replace("oak", "oak, by hand"));
      assert.deepEqual(stale("oak"), [path]);
    });
  }

  it("fail without markers, before any page is written", () => {
    write("docs/coins.md", "# Coins\n");
    assert.throws(() => stale("oak"), { name: "NotEditable", message: /docs\/coins\.md/ });
    assert.throws(() => writePages(root, pages("ash")), { name: "NotEditable" });
    assert.doesNotMatch(read("README.md"), /ash/);
  });
});
