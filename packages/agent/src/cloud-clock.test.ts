import assert from "node:assert/strict";
import { CloudClock } from "./cloud-clock.ts";
import { createLog } from "./log.ts";

describe("the clock of AWS", () => {
  const realNow = Date.now;
  let lines: string[];
  let clock: CloudClock;

  beforeEach(() => {
    lines = [];
    clock = new CloudClock(createLog((line) => lines.push(line)));
  });

  afterEach(() => {
    Date.now = realNow;
  });

  const RealDate = Date;
  /** The host's clock is so many seconds ahead of the true time. */
  const ahead = (seconds: number): void => {
    Date.now = () => realNow() + seconds * 1000;
  };
  /** An answer with the true time. */
  const answer = (): void => {
    clock.note({ headers: { date: new RealDate(realNow()).toUTCString() } }, performance.now(), performance.now());
  };
  const errorSec = (): number => Math.abs(clock.now().getTime() - realNow()) / 1000;

  it("is the host's own until there is an answer, and as long as it is right", () => {
    assert.equal(clock.offsetSec, undefined);
    answer();
    assert.ok((clock.offsetSec ?? 9) <= 1);
    assert.ok(errorSec() < 0.1);
    assert.deepEqual(lines, []);
  });

  for (const seconds of [3600, -3600, 20]) {
    it(`is that of the answers when the host's is ${seconds} s ahead, and says so once`, () => {
      ahead(seconds);
      answer();
      answer();
      assert.ok(Math.abs((clock.offsetSec ?? 0) - Math.abs(seconds)) <= 1);
      assert.ok(errorSec() <= 1);
      assert.equal(lines.filter((line) => line.includes("clock is wrong")).length, 1);
      ahead(0);
      answer();
      assert.equal(lines.filter((line) => line.includes("right again")).length, 1);
    });
  }

  it("stands where it was when the host's jumps between two answers", () => {
    answer();
    ahead(86_400);
    assert.ok(errorSec() <= 1);
    assert.ok((clock.offsetSec ?? 0) > 86_390);
  });

  it("takes nothing from an answer without a date", () => {
    for (const strange of [undefined, {}, { headers: {} }, { headers: { date: "yesterday" } }]) clock.note(strange, 0, 0);
    assert.equal(clock.offsetSec, undefined);
  });
});
