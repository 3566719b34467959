import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { bytesHeight, hexHeight, numberHeight, readAnswer, readMetric, textHeight } from "./answers.ts";
import { ProbeError } from "./sync-status.ts";

const safe = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const beyond = fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n });
const isMalformed = (work: () => unknown): void => {
  assert.throws(work, (error: unknown) => error instanceof ProbeError && error.failure === "malformed");
};

describe("heights", () => {
  it("are read from numbers, hex and decimal text alike", () => {
    fc.assert(
      fc.property(safe, (height) => {
        assert.equal(readAnswer(numberHeight, height, "call"), height);
        assert.equal(readAnswer(hexHeight, `0x${height.toString(16)}`, "call"), height);
        assert.equal(readAnswer(textHeight, String(height), "call"), height);
      }),
    );
  });

  it("are read from bytes, the highest first", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (height) => {
        const hex = height.toString(16);
        const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
        assert.equal(readAnswer(bytesHeight, bytes, "call"), height);
      }),
    );
    for (const wrong of [new Uint8Array(), new Uint8Array(9), Uint8Array.of(0, 32, 0, 0, 0, 0, 0, 0), "100", 100, [100]])
      isMalformed(() => readAnswer(bytesHeight, wrong, "call"));
  });

  it("fail beyond 2^53, where JavaScript would round them", () => {
    fc.assert(
      fc.property(beyond, (height) => {
        isMalformed(() => readAnswer(numberHeight, Number(height), "call"));
        isMalformed(() => readAnswer(hexHeight, `0x${height.toString(16)}`, "call"));
        isMalformed(() => readAnswer(textHeight, String(height), "call"));
      }),
    );
  });

  it("fail on anything that is not written as a height", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        if (!(typeof value === "number" && Number.isSafeInteger(value) && value >= 0))
          isMalformed(() => readAnswer(numberHeight, value, "call"));
        if (!(typeof value === "string" && /^0x[0-9a-f]{1,13}$/i.test(value))) isMalformed(() => readAnswer(hexHeight, value, "call"));
        if (!(typeof value === "string" && /^\d{1,15}$/.test(value))) isMalformed(() => readAnswer(textHeight, value, "call"));
      }),
    );
  });

  it("fail on the other notations, so that no client is read as another", () => {
    for (const value of ["100", "0x64", "", " 100", "1e3", null, undefined, true, [100]])
      isMalformed(() => readAnswer(numberHeight, value, "call"));
    for (const value of [100, "100", "0x", "0X64", "0x-1", " 0x64"]) isMalformed(() => readAnswer(hexHeight, value, "call"));
    for (const value of [100, "0x64", "-1", "1.5", "1e3", ""]) isMalformed(() => readAnswer(textHeight, value, "call"));
  });
});

describe("readAnswer", () => {
  it("names the call and the field, and never repeats the answer", () => {
    const answer = "hostile ".repeat(100_000);
    assert.throws(
      () => readAnswer(numberHeight, answer, "getblockcount"),
      (error: unknown) =>
        error instanceof ProbeError &&
        error.message.startsWith("getblockcount: the answer: ") &&
        error.message.length <= 300 &&
        !error.message.includes("hostile"),
    );
  });
});

describe("readMetric", () => {
  const text = '# TYPE peers gauge\npeers 12\nblocks 12.000000\npeers_old 3\ntip{hash="a"} 7\ntwice 1\ntwice 2\nhalf 1.5\n';

  it("finds a whole number by its name", () => {
    assert.equal(readMetric(text, "peers"), 12);
    assert.equal(readMetric(text, "blocks"), 12);
  });

  it("fails when the metric is missing, there twice, no whole number, or in a text without an end", () => {
    for (const name of ["none", "tip", "twice", "half"]) isMalformed(() => readMetric(text, name));
    isMalformed(() => readMetric(text.slice(0, -1), "peers"));
  });
});
