import assert from "node:assert/strict";
import type { MetricName } from "@coinfleet/sdk";
import type { NodeSamples } from "../samples.ts";
import type { NodeHealth } from "./node-state.ts";
import { freshMs, judgeNode } from "./node-state.ts";

const nowMs = 1_800_000_000_000;
const host = { instanceState: "running", launchedMs: nowMs - 86_400_000 };
const at = (figures: Partial<Record<MetricName, number>>, ageMs = 5_000): NodeSamples =>
  Object.fromEntries(Object.entries(figures).map(([metric, value]) => [metric, [{ timeMs: nowMs - ageMs, value }]]));
const judge = (figures: Partial<Record<MetricName, number>>, ageMs?: number): NodeHealth => judgeNode(host, at(figures, ageMs), nowMs);

describe("judgeNode", () => {
  it("calls a node synced only when its agent says so now", () => {
    assert.deepEqual(
      judge({ ProbeSuccess: 1, Synced: 1, Height: 7, BlocksBehind: 0, Peers: 2, TipAgeSeconds: 4, DataVolumeUsedPercent: 12 }),
      {
        state: "Synced",
        height: 7,
        lag: 0,
        tipAgeSec: 4,
        peers: 2,
        diskUsedPercent: 12,
      },
    );
    assert.deepEqual(judge({ ProbeSuccess: 1, Synced: 1, Height: 7 }, freshMs + 1), { state: "Unknown", why: "host publishes nothing" });
  });
  it("calls a node down when its probe fails, and shows no height", () => {
    assert.deepEqual(judge({ ProbeSuccess: 0, Synced: 0, Height: 7 }), { state: "Down", why: "does not answer its sync check" });
  });
  it("calls a node down when its host is stopped, whatever was published", () => {
    assert.deepEqual(judgeNode({ ...host, instanceState: "stopped" }, at({ ProbeSuccess: 1, Synced: 1 }), nowMs), {
      state: "Down",
      why: "host is stopped",
    });
  });
  it("tells initial sync from lag, and both from not knowing", () => {
    assert.equal(judge({ ProbeSuccess: 1, Synced: 0, InitialSync: 1, BlocksBehind: 900 }).state, "Syncing");
    assert.equal(judge({ ProbeSuccess: 1, Synced: 0, InitialSync: 0, BlocksBehind: 9 }).state, "Behind");
    assert.deepEqual(judge({ ProbeSuccess: 1, Synced: 0, InitialSync: 0, BlocksBehind: 0, Peers: 0 }), {
      state: "Unknown",
      why: "no peers",
      lag: 0,
      peers: 0,
    });
    assert.deepEqual(judge({ ProbeSuccess: 1, Synced: 0 }), { state: "Unknown", why: "no tip to compare with" });
  });
  it("gives a new host time before its silence is one", () => {
    assert.equal(judgeNode({ ...host, launchedMs: nowMs - 60_000 }, {}, nowMs).why, "host is starting");
    assert.equal(judgeNode(host, {}, nowMs).why, "host publishes nothing");
  });
});
