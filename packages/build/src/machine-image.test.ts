import assert from "node:assert/strict";
import { artifactOf, readableLine } from "./machine-image.ts";

describe("Packer's machine-readable output", () => {
  it("names the AMI", () => {
    assert.equal(artifactOf("1609459200,amazon-ebs.host,artifact,0,id,eu-central-1:ami-0123456789abcdef0\n"), "ami-0123456789abcdef0");
  });
  it("names none when the build failed", () => {
    assert.equal(artifactOf("1609459200,,ui,error,Build 'amazon-ebs.host' errored: timeout\n1609459200,,error-count,1\n"), undefined);
  });
  it("has lines for people", () => {
    assert.equal(
      readableLine("1609459200,,ui,say,==> amazon-ebs.host: Stopping%!(PACKER_COMMA) waiting"),
      "==> amazon-ebs.host: Stopping, waiting",
    );
    assert.equal(readableLine("1609459200,,version,1.6.6"), undefined);
  });
});
