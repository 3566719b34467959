import assert from "node:assert/strict";
import type { MetricName } from "@coinfleet/sdk";
import { decideGate, describeSamples, lonelyGraceSec, wasSyncedIn } from "./gate-decision.ts";
import type { NodeSamples } from "./samples.ts";

const sinceMs = 1_000_000;

/** Samples each 10 s after the command, oldest first in the arguments, as a person reads them. */
function samples(series: Partial<Record<MetricName, readonly number[]>>, fromMs = sinceMs): NodeSamples {
  return Object.fromEntries(
    Object.entries(series).map(([metric, values]) => [
      metric,
      values.map((value, index) => ({ timeMs: fromMs + (index + 1) * 10_000, value })).reverse(),
    ]),
  );
}

const wasSynced = { wasSynced: true, sinceMs };
const isNew = { wasSynced: false, sinceMs };

describe("decideGate", () => {
  it("lets a node pass that was synced and is so three times in a row", () => {
    assert.deepEqual(decideGate(wasSynced, samples({ ProbeSuccess: [0, 1, 1, 1], Synced: [0, 1, 1, 1] })), {
      kind: "pass",
      isSynced: true,
      why: "synced",
    });
  });

  it("waits when the newest sample is not synced, however good the others were", () => {
    assert.equal(decideGate(wasSynced, samples({ ProbeSuccess: [1, 1, 1, 1], Synced: [1, 1, 1, 0] })).kind, "wait");
  });

  it("waits when a synced node is only alive again, even while it catches up", () => {
    const decision = decideGate(
      wasSynced,
      samples({ ProbeSuccess: [1, 1, 1, 1], Synced: [0, 0, 0, 0], Height: [5, 6, 7, 8], Peers: [3, 3, 3, 3], BlocksBehind: [9, 8, 7, 6] }),
    );
    assert.equal(decision.kind, "wait");
    assert.match(decision.why, /must be again: 0 of 3 samples in a row; not synced, height 8, 6 blocks behind, 3 peers/);
  });

  it("tries a release for its time without a break: neither a lapse nor a silence counts", () => {
    const onTrial = { ...wasSynced, soakSec: 60 };
    const ones = (count: number): number[] => Array.from({ length: count }, () => 1);
    const of = (values: readonly number[]): NodeSamples => samples({ ProbeSuccess: values, Synced: values });
    assert.match(decideGate(onTrial, of(ones(6))).why, /synced for 50 of 60 s of its trial/);
    assert.equal(decideGate(onTrial, of(ones(7))).kind, "pass");
    assert.match(decideGate(onTrial, of([...ones(7), 0, ...ones(4)])).why, /synced for 30 of 60 s/);
    const [early, late] = [of(ones(5)), samples({ ProbeSuccess: ones(4), Synced: ones(4) }, sinceMs + 200_000)];
    const broken = {
      ProbeSuccess: [...(late.ProbeSuccess ?? []), ...(early.ProbeSuccess ?? [])],
      Synced: [...(late.Synced ?? []), ...(early.Synced ?? [])],
    };
    assert.match(decideGate(onTrial, broken).why, /synced for 30 of 60 s/);
  });

  it("does not count samples from before the command: those are the old release's", () => {
    const before = samples({ ProbeSuccess: [1, 1, 1], Synced: [1, 1, 1] }, sinceMs - 60_000);
    assert.equal(decideGate(wasSynced, before).kind, "wait");
  });

  it("waits when nothing is published, whatever the node was", () => {
    assert.match(decideGate(wasSynced, {}).why, /published nothing/);
    assert.equal(decideGate(isNew, {}).kind, "wait");
  });

  it("does not take a verdict without a successful probe for health", () => {
    assert.equal(decideGate(wasSynced, samples({ ProbeSuccess: [0, 0, 0], Synced: [1, 1, 1] })).kind, "wait");
  });

  it("lets a new node pass that is alive and grows, or has peers", () => {
    assert.deepEqual(decideGate(isNew, samples({ ProbeSuccess: [1, 1, 1], Synced: [0, 0, 0], Height: [0, 4, 9] })), {
      kind: "pass",
      isSynced: false,
      why: "new, alive and getting on: not synced, height 9",
    });
    assert.equal(
      decideGate(isNew, samples({ ProbeSuccess: [1, 1, 1], Synced: [0, 0, 0], Height: [0, 0, 0], Peers: [0, 1, 1] })).kind,
      "pass",
    );
  });

  it("holds a new node that is alive but alone, for a bounded time", () => {
    const ones = (count: number): number[] => Array.from({ length: count }, () => 1);
    const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);
    const alone = (count: number): NodeSamples =>
      samples({ ProbeSuccess: ones(count), Synced: zeros(count), Height: zeros(count), Peers: zeros(count) });
    assert.equal(decideGate(isNew, alone(3)).kind, "wait");
    assert.equal(decideGate(isNew, alone(lonelyGraceSec / 10)).kind, "wait");
    assert.equal(decideGate(isNew, alone(lonelyGraceSec / 10 + 1)).kind, "pass");
  });

  it("holds a new node whose probes fail now and then", () => {
    assert.equal(decideGate(isNew, samples({ ProbeSuccess: [1, 1, 0, 1, 1], Height: [1, 2, 3, 4, 5] })).kind, "wait");
  });
});

describe("wasSyncedIn", () => {
  it("is true after any synced sample, and never without samples", () => {
    assert.equal(wasSyncedIn(samples({ Synced: [0, 1, 0] })), true);
    assert.equal(wasSyncedIn(samples({ Synced: [0, 0] })), false);
    assert.equal(wasSyncedIn({}), false);
  });
});

describe("describeSamples", () => {
  it("names what is wrong first", () => {
    assert.equal(describeSamples(samples({ ProbeSuccess: [1, 0], Height: [4, 4] })), "the daemon does not answer its sync check");
    assert.equal(describeSamples(samples({ ProbeSuccess: [1], Synced: [0], ForkDetected: [1] })), "not synced, on a fork");
  });
});
