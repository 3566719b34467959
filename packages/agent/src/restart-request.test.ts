import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "./log.ts";
import { pauseSec, RestartRequest, turnSec, withoutPeersSec, type RestartObservation } from "./restart-request.ts";

describe("the request for a restart", () => {
  let directory: string;
  let file: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "coinfleet-restart-"));
    file = join(directory, "restart");
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const requestOf = (index: number, count = 2): RestartRequest =>
    new RestartRequest({ file, index, count, health: { blockIntervalSec: 10 }, log: createLog(() => undefined) });

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
        verdict: { state, why, tip: 100 },
        height: 90,
        tipsAvailable: 2,
        elapsedSec: second,
        nowSec: second,
        ...rest,
      });
      if (existsSync(file)) {
        asked.push(second);
        rmSync(file);
      }
    }
    return asked;
  }

  it("is made when the node has lost its peers and does not find them again, in its turn", async () => {
    const [first = 0] = await rounds(requestOf(2), 1200, () => ({ state: "no-peers" }));
    assert.ok(first >= withoutPeersSec && Math.floor(first / turnSec) % 2 === 1, `at ${first} s`);
  });

  it("is not made while the client finds peers again in time", async () => {
    assert.deepEqual(await rounds(requestOf(1, 1), 7200, (second) => ({ state: second % 300 < 150 ? "no-peers" : "synced" })), []);
  });

  it("is made by two nodes of a group never within one turn, whatever both of them think", async () => {
    const [one, two] = [
      await rounds(requestOf(1), 20_000, () => ({ state: "no-peers" })),
      await rounds(requestOf(2), 20_000, () => ({ state: "no-peers" })),
    ];
    assert.ok(one.length > 3 && two.length > 3);
    const turns = (times: readonly number[]): number[] => times.map((second) => Math.floor(second / turnSec));
    assert.deepEqual(
      turns(one).filter((turn) => turns(two).includes(turn)),
      [],
    );
  });

  it("leaves time between two requests", async () => {
    const asked = await rounds(requestOf(1, 1), 20_000, () => ({ state: "no-peers" }));
    asked.slice(1).forEach((second, index) => {
      assert.ok(second - (asked[index] ?? 0) >= pauseSec);
    });
  });

  it("is made when the node stands still while the tip moves, after the coin's grace", async () => {
    const [first = 0] = await rounds(requestOf(1, 1), 2000, () => ({ state: "behind" }));
    assert.ok(first >= 600, `at ${first} s`);
  });

  it("is not made while the node catches up, however far behind it is", async () => {
    assert.deepEqual(await rounds(requestOf(1, 1), 20_000, (second) => ({ state: "behind", height: second })), []);
  });

  it("is made when RPC hangs, and not when the daemon is starting or gone", async () => {
    const failed = (why: string) => () => ({ state: "probe-failed", why, height: undefined }) as const;
    assert.equal((await rounds(requestOf(1, 1), 1000, failed("timeout: no answer in 5000 ms"))).length, 1);
    assert.deepEqual(await rounds(requestOf(1, 1), 20_000, failed("refused: connect ECONNREFUSED")), []);
    assert.deepEqual(await rounds(requestOf(1, 1), 20_000, failed("starting: loading the block index")), []);
  });

  it("is never made in initial sync, on a fork, or when nobody else can be reached", async () => {
    for (const state of ["initial-sync", "forked", "unknown", "holding", "starting", "synced"] as const) {
      assert.deepEqual(await rounds(requestOf(1, 1), 20_000, () => ({ state })), [], state);
    }
    assert.deepEqual(await rounds(requestOf(1, 1), 20_000, () => ({ state: "no-peers", tipsAvailable: 0 })), []);
  });

  it("survives a host that cannot be asked", async () => {
    const request = new RestartRequest({
      file: join(directory, "none/restart"),
      index: 1,
      count: 1,
      health: { blockIntervalSec: 10 },
      log: createLog(() => undefined),
    });
    assert.deepEqual(await rounds(request, 1000, () => ({ state: "no-peers" })), []);
  });

  it("says why", async () => {
    const request = requestOf(1, 1);
    for (let second = 0; second <= 200; second += 10) {
      await request.update({
        verdict: { state: "no-peers", why: "", tip: 1 },
        height: 1,
        tipsAvailable: 1,
        elapsedSec: second,
        nowSec: second,
      });
    }
    assert.match(readFileSync(file, "utf8"), /^without peers for 180 s$/);
  });
});
