import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Network } from "./coin.ts";
import { resolveHealth } from "./health.ts";
import { privateNetwork } from "./network-defaults.ts";
import { peersAndRpc } from "./network-port.ts";

const bitcoinLike: Network = {
  ...privateNetwork({ ports: peersAndRpc(8333, 8332), memoryMiB: 1024 }),
  kind: "main",
  blockIntervalSec: 600,
  minimumTips: 2,
};

describe("resolveHealth", () => {
  it("waits as long for a block as gives one false alarm a year", () => {
    // The published figures for blocks of 600, 150, 300 and 13 s: 109, 31, 58 and a little over 3 minutes.
    const minutes = [600, 150, 300, 13].map((blockIntervalSec) =>
      Math.round(resolveHealth({ ...bitcoinLike, blockIntervalSec }, { count: 2 }).maxTipAgeSec / 60),
    );
    assert.deepEqual(minutes, [109, 31, 58, 3]);
  });

  it("waits ten slots where blocks come on time", () => {
    assert.equal(resolveHealth({ ...bitcoinLike, blockArrival: "slots", blockIntervalSec: 12 }, { count: 2 }).maxTipAgeSec, 120);
  });

  it("allows two blocks of lag, and more only where 15 seconds hold more", () => {
    const lag = (blockIntervalSec: number): number => resolveHealth({ ...bitcoinLike, blockIntervalSec }, { count: 2 }).maxBlocksBehind;
    assert.deepEqual([600, 12, 5, 2, 1].map(lag), [2, 2, 3, 8, 15]);
  });

  it("follows the interval at which a private network's own blocks are made", () => {
    const { blockIntervalSec, maxTipAgeSec } = resolveHealth({ ...bitcoinLike, kind: "private" }, { count: 2, blockEverySec: 5 });
    assert.deepEqual({ blockIntervalSec, maxTipAgeSec }, { blockIntervalSec: 5, maxTipAgeSec: 50 });
  });

  it("knows no stall on a private network where nobody makes blocks", () => {
    assert.equal(resolveHealth({ ...bitcoinLike, kind: "private" }, { count: 2 }).maxTipAgeSec, 365 * 24 * 3600);
  });

  it("asks for no peers and no tips of a private network's only node, and of no other", () => {
    const of = (kind: Network["kind"], count: number): unknown => {
      const { minimumPeers, minimumTips } = resolveHealth({ ...bitcoinLike, kind, minimumTips: kind === "private" ? 1 : 2 }, { count });
      return { minimumPeers, minimumTips };
    };
    assert.deepEqual(of("private", 1), { minimumPeers: 0, minimumTips: 0 });
    assert.deepEqual(of("private", 2), { minimumPeers: 1, minimumTips: 1 });
    assert.deepEqual(of("main", 1), { minimumPeers: 1, minimumTips: 2 });
  });
});
