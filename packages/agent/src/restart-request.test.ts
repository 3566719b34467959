import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "./log.ts";
import { askAgainSec, pauseSec, RestartRequest, triedSec, withoutPeersSec, type RestartObservation } from "./restart-request.ts";

describe("the request for a restart", () => {
  let directory: string;
  let file: string;
  let lines: string[];
  let calls: string[];
  let refusal: string | Error | undefined;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "coinfleet-restart-"));
    file = join(directory, "restart");
    [lines, calls, refusal] = [[], [], undefined];
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const requestOf = (path = file): RestartRequest => {
    const call = (name: string) => (): Promise<void> => Promise.resolve(void calls.push(name));
    const ask = (): Promise<string | undefined> => {
      calls.push("ask");
      return refusal instanceof Error ? Promise.reject(refusal) : Promise.resolve(refusal);
    };
    const leave = { ask, keep: call("keep"), giveBack: call("giveBack") };
    return new RestartRequest({ file: path, health: { blockIntervalSec: 10 }, leave, log: createLog((line) => lines.push(line)) });
  };

  type Change = Omit<Partial<RestartObservation>, "verdict"> & {
    readonly state: RestartObservation["verdict"]["state"];
    readonly why?: string;
  };

  /** Rounds of 10 s. Resolves to the seconds at which requests were made. */
  async function rounds(request: RestartRequest, seconds: number, observe: (second: number) => Change): Promise<readonly number[]> {
    const asked: number[] = [];
    for (let second = 0; second < seconds; second += 10) {
      const { state, why = state, ...rest } = observe(second);
      await request.update({
        verdict: { state, why, tip: 100, isSynced: state === "synced" },
        height: 90,
        tipsAvailable: 2,
        elapsedSec: second,
        ...rest,
      });
      if (existsSync(file)) {
        asked.push(second);
        rmSync(file);
      }
    }
    return asked;
  }

  it("is made when the node has lost its peers and does not find them again", async () => {
    assert.deepEqual(await rounds(requestOf(), 1200, () => ({ state: "no-peers" })), [withoutPeersSec]);
  });

  it("is not made while the client finds peers again in time", async () => {
    assert.deepEqual(await rounds(requestOf(), 7200, (second) => ({ state: second % 300 < 150 ? "no-peers" : "synced" })), []);
    assert.deepEqual(calls, []);
  });

  it("is made with the group's leave only, asks for it once a minute, and says once why it is refused", async () => {
    refusal = "alice holds the node: comparing two blocks";
    assert.deepEqual(await rounds(requestOf(), 1200, () => ({ state: "no-peers" })), []);
    assert.equal(calls.length, (1200 - withoutPeersSec) / askAgainSec);
    const said = lines.filter((line) => line.includes("alice holds the node: comparing two blocks"));
    assert.equal(said.length, 1);
  });

  it("is not made while the table of locks does not answer", async () => {
    refusal = new Error("connect ECONNREFUSED");
    assert.deepEqual(await rounds(requestOf(), 1200, () => ({ state: "no-peers" })), []);
    assert.match(lines.join(""), /the table of locks does not answer.*ECONNREFUSED/);
  });

  it("keeps the leave until the node is synced again, and gives it back then", async () => {
    await rounds(requestOf(), 500, (second) => ({ state: second < 400 ? "no-peers" : "synced" }));
    assert.deepEqual(calls, ["ask", "keep", "keep", "keep", "giveBack"]);
  });

  it("gives the leave back after ten minutes where the node does not come back, and asks again after half an hour", async () => {
    const asked = await rounds(requestOf(), 20_000, () => ({ state: "no-peers" }));
    assert.ok(asked.length > 3);
    asked.slice(1).forEach((second, index) => {
      assert.ok(second - (asked[index] ?? 0) >= pauseSec);
    });
    const round = ["ask", ...Array.from({ length: triedSec / 60 - 1 }, () => "keep"), "giveBack"];
    assert.deepEqual(calls.slice(0, 2 * round.length), [...round, ...round]);
  });

  it("is made when the node stands still while the tip moves, after the coin's grace", async () => {
    const [first = 0] = await rounds(requestOf(), 2000, () => ({ state: "behind" }));
    assert.ok(first >= 600, `at ${first} s`);
  });

  it("is not made while the node catches up, however far behind it is", async () => {
    assert.deepEqual(await rounds(requestOf(), 20_000, (second) => ({ state: "behind", height: second })), []);
  });

  it("is made when RPC hangs, and not when the daemon is starting or gone", async () => {
    const failed = (why: string) => () => ({ state: "probe-failed", why, height: undefined }) as const;
    assert.equal((await rounds(requestOf(), 1000, failed("timeout: no answer in 5000 ms"))).length, 1);
    assert.deepEqual(await rounds(requestOf(), 20_000, failed("refused: connect ECONNREFUSED")), []);
    assert.deepEqual(await rounds(requestOf(), 20_000, failed("starting: loading the block index")), []);
  });

  it("is never made in initial sync, on a fork, or when nobody else can be reached", async () => {
    for (const state of ["initial-sync", "forked", "unknown", "holding", "starting", "synced"] as const) {
      assert.deepEqual(await rounds(requestOf(), 20_000, () => ({ state })), [], state);
    }
    assert.deepEqual(await rounds(requestOf(), 20_000, () => ({ state: "no-peers", tipsAvailable: 0 })), []);
  });

  it("survives a host that cannot be asked", async () => {
    const request = requestOf(join(directory, "none/restart"));
    assert.deepEqual(await rounds(request, 1000, () => ({ state: "no-peers" })), []);
    assert.match(lines.join(""), /the host cannot be asked/);
  });

  it("says why", async () => {
    const request = requestOf();
    for (let elapsedSec = 0; elapsedSec <= 200; elapsedSec += 10) {
      await request.update({
        verdict: { state: "no-peers", isSynced: false, why: "", tip: 1 },
        height: 1,
        tipsAvailable: 1,
        elapsedSec,
      });
    }
    assert.match(readFileSync(file, "utf8"), /^without peers for 180 s$/);
  });
});
