import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { situationProblems, situations, type NamedRecording } from "./recorded-situations.ts";

const status = { height: 100, tipHash: "aa", tipTimeSec: 1_700_000_000, knownHeight: 100, peers: 8, isInitialSync: false };
const made = (situation: string, expected: NamedRecording["recording"]["expected"]): NamedRecording => ({
  situation,
  recording: { what: "an example", from: "invented", network: "regtest", exchanges: [], expected },
});
const all: readonly NamedRecording[] = [
  made("in-sync", { status }),
  made("catching-up", { status: { ...status, isInitialSync: true } }),
  made("behind", { status: { ...status, knownHeight: 101 } }),
  made("alone", { status: { ...status, peers: 0 } }),
  made("busy", { failure: "starting" }),
  made("other-chain", { failure: "wrong-network" }),
  made("down", { failure: "refused" }),
];
const oak = { id: "oak", family: "oak" };
const elm = { id: "elm", family: "oak" };

describe("the situations of a protocol", () => {
  it("are shown by what the recordings expect, whatever they are called", () => {
    assert.deepEqual(
      situationProblems([oak], () => all, {}),
      [],
    );
  });

  for (const [index, { situation }] of all.entries()) {
    const lacking = situations[index] ?? "";
    it(`are not whole without ${lacking}`, () => {
      const rest = all.filter((one) => one.situation !== situation);
      assert.deepEqual(
        situationProblems([oak], () => rest, {}),
        [`oak: nobody has recorded ${lacking}, nor said why it cannot be`],
      );
      assert.deepEqual(
        situationProblems([oak], () => rest, { oak: { [lacking]: "it has no word for it" } }),
        [],
      );
    });
  }

  it("may be shown by another coin of the family", () => {
    const ofOne = (id: string): readonly NamedRecording[] => (id === "elm" ? all : []);
    assert.deepEqual(situationProblems([oak, elm], ofOne, {}), []);
    assert.equal(situationProblems([oak, { ...elm, family: "elm" }], ofOne, {}).length, situations.length);
  });

  it("need no reason where they are recorded, and no protocol that nobody speaks", () => {
    assert.deepEqual(
      situationProblems([oak], () => all, { oak: { starting: "it has no word for it" }, ash: {} }),
      ['there is no protocol "ash"', "oak: starting is recorded, so that it needs no reason"],
    );
  });
});
