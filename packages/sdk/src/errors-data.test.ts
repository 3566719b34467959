import assert from "node:assert/strict";
import { errorCatalogue } from "./errors-data.ts";

describe("errorCatalogue", () => {
  it("has unique names, titles that are sentences, and hints that are too", () => {
    assert.equal(new Set(errorCatalogue.map(({ name }) => name)).size, errorCatalogue.length);
    for (const { name, title, hint } of errorCatalogue) {
      assert.match(name, /^[A-Z][A-Za-z]+$/);
      assert.match(title, /^[A-Z].*\.$/, name);
      assert.match(hint, /^[A-Z].*\.$/, name);
    }
  });
});
