import assert from "node:assert/strict";
import colors from "picocolors";
import type { FleetStatus, NodeStatus } from "./read-status.ts";
import { renderStatus } from "./render-status.ts";

const node: NodeStatus = {
  environment: "sandbox",
  group: "litecoin",
  node: "litecoin-1",
  coin: "litecoin",
  network: "regtest",
  zone: "eu-central-1a",
  instanceId: "i-1",
  releaseWanted: "0.21.2.1-debian",
  releaseRunning: "0.21.2.1-debian",
  hasOtherImages: false,
  state: "Synced",
  height: 120,
  lag: 0,
  tipAgeSec: 3,
  peers: 1,
  diskUsedPercent: 4.4,
  alarms: [],
};
const fleet: FleetStatus = {
  readAt: "2026-11-21T03:00:00.000Z",
  region: "eu-central-1",
  problems: [],
  nodes: [
    node,
    {
      ...node,
      node: "litecoin-2",
      zone: "eu-central-1b",
      releaseWanted: "0.21.5.8-upstream",
      state: "Behind",
      height: 113,
      lag: 7,
      tipAgeSec: 95,
      alarms: ["node-behind"],
    },
    {
      environment: "sandbox",
      group: "ethereum",
      node: "ethereum-1",
      coin: "ethereum",
      zone: "eu-central-1a",
      instanceId: "i-3",
      hasOtherImages: false,
      state: "Unknown",
      why: "host is starting",
      alarms: [],
      releaseWanted: "1.16.9-go",
    },
  ],
};

const plain = colors.createColors(false);

describe("renderStatus", () => {
  it("draws the fleet as a table", () => {
    const expected = `
NODE        COIN      NETWORK  ZONE           RELEASE                              HEIGHT  LAG     TIP AGE  PEERS  DISK  STATE                       ALARMS
litecoin-1  litecoin  regtest  eu-central-1a  0.21.2.1-debian                         120    0         3 s      1   4 %  Synced                      –
litecoin-2  litecoin  regtest  eu-central-1b  0.21.2.1-debian → 0.21.5.8-upstream     113    7  1 min 35 s      1   4 %  Behind                      node-behind
ethereum-1  ethereum  –        eu-central-1a  → 1.16.9-go                               –    –           –      –     –  Unknown (host is starting)  –

3 nodes: 1 synced, 1 behind, 1 unknown. 1 alarm. sandbox, eu-central-1, 2026-11-21 03:00:00 UTC
`;
    assert.equal(`\n${renderStatus(fleet, plain)}`, expected);
  });

  it("shows snapshots and drills where there are any, and marks the unproven and the failed", () => {
    const lastSnapshot = { id: "snap-1", at: "2026-11-20T22:00:00.000Z", isProven: true };
    const nodes: readonly NodeStatus[] = [
      { ...node, lastSnapshot, lastDrill: { at: "2026-11-19T03:00:00.000Z", isGood: true } },
      {
        ...node,
        node: "litecoin-2",
        lastSnapshot: { ...lastSnapshot, isProven: false },
        lastDrill: { at: "2026-11-21T02:00:00.000Z", isGood: false },
      },
    ];
    const text = renderStatus({ ...fleet, nodes }, plain);
    assert.match(text, /^NODE .* LAST SNAPSHOT +LAST DRILL +STATE/);
    assert.match(text, /litecoin-1 .* 5 h 0 min, proven +2 d 0 h +Synced/);
    assert.match(text, /litecoin-2 .* 5 h 0 min, unproven +1 h 0 min, FAILED +Synced/);
  });

  it("says which API refused, below what is known all the same", () => {
    const text = renderStatus({ ...fleet, problems: ["AwsRefused: AWS refused a call.\n  where    cloudwatch:DescribeAlarms"] }, plain);
    assert.match(text, /litecoin-1 .*\n[^]*\nAwsRefused: AWS refused a call\.\n {2}where {4}cloudwatch:DescribeAlarms\n$/);
  });

  it("shows the environment where there are several, and says when there is no node", () => {
    assert.match(
      renderStatus({ ...fleet, nodes: [node, { ...node, environment: "staging" }] }, plain),
      /^ENVIRONMENT +NODE .*\nsandbox +litecoin-1 .*\nstaging +litecoin-1 /,
    );
    assert.match(renderStatus({ ...fleet, nodes: [] }, plain), /^No nodes in eu-central-1/);
  });

  it("marks a node that runs another image of the same release", () => {
    assert.match(renderStatus({ ...fleet, nodes: [{ ...node, hasOtherImages: true }] }, plain), /0\.21\.2\.1-debian → new image/);
  });

  it("says which release a node will take by itself, and when", () => {
    const text = renderStatus({ ...fleet, nodes: [{ ...node, releaseNext: "0.21.5.8-upstream at height 900" }] }, plain);
    assert.match(text, / {2}0\.21\.2\.1-debian, then 0\.21\.5\.8-upstream at height 900 {2}/);
  });

  it("uses colour only when asked to", () => {
    assert.equal(renderStatus(fleet, plain).includes("\u001b"), false);
    assert.equal(renderStatus(fleet, colors.createColors(true)).includes("\u001b[32mSynced"), true);
  });
});
