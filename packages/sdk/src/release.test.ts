import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { debianPackage, goModule, signedArchive } from "./release.ts";

const archive = (versions: readonly string[]): ReturnType<typeof signedArchive> =>
  signedArchive({
    url: { x86_64: "https://oak.example/oak-{version}.tar.gz" },
    sha256: Object.fromEntries(versions.map((version) => [version, { x86_64: "0".repeat(64) }])),
    signature: { kind: "none", reason: "an example" },
    binaries: { oakd: "oakd" },
  });

describe("a source whose version stands once", () => {
  it("runs the first release that it has a digest for", () => {
    assert.equal(archive(["1.1", "1.0"]).version, "1.1");
    assert.equal(goModule({ module: "oak", packages: {}, sums: { "1.1": "h1:a", "1.0": "h1:b" } }).version, "1.1");
    assert.equal(debianPackage("oakd", { "1.1": "1.1-1", "1.0": "1.0-1" }, {}).version, "1.1");
  });

  it("fails where there is none, or where JavaScript would put another one first", () => {
    assert.throws(() => archive([]), /without any digest/);
    assert.throws(() => archive(["10", "9"]), /which of 9, 10 runs/);
    assert.equal(archive(["10"]).version, "10");
  });
});
