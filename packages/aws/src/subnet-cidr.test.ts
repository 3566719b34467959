import assert from "node:assert/strict";
import { subnetCidr } from "./subnet-cidr.ts";

describe("subnetCidr", () => {
  it("cuts subnets one after the other", () => {
    assert.deepEqual(
      [0, 1, 15].map((index) => subnetCidr("10.0.0.0/16", 20, index)),
      ["10.0.0.0/20", "10.0.16.0/20", "10.0.240.0/20"],
    );
  });

  it("stays inside a range that does not begin at 0", () => assert.equal(subnetCidr("172.31.252.0/22", 26, 15), "172.31.255.192/26"));

  it("fails when there is no subnet of that number", () => assert.throws(() => subnetCidr("10.0.0.0/16", 20, 16), /has no \/20 number 16/));

  for (const text of ["10.0.0.0", "10.0.0/16", "300.0.0.0/16", "10.0.0.0/40", "a.b.c.d/16"]) {
    it(`fails on ${text}`, () => assert.throws(() => subnetCidr(text, 20, 0), /not an IPv4 CIDR/));
  }
});
