import assert from "node:assert/strict";
import type { ResolvedClient, ResolvedFleet, ResolvedGroup, ResolvedNext } from "@coinfleet/sdk";
import type { Change } from "./engine-events.ts";
import { rolloutNotes } from "./rollout.ts";
import { type } from "./subject.ts";

const client = (version: string): ResolvedClient => ({ name: "gaiad", version, sourceName: "upstream" }) as ResolvedClient;
const next = (version: string, at: ResolvedNext["at"]): ResolvedNext => ({
  release: `${version}-upstream`,
  clients: [client(version)],
  at,
});
const group = (version: string, following?: ResolvedNext): ResolvedGroup => ({
  // Nothing else of it is read.
  ...({} as ResolvedGroup),
  name: "cosmos",
  coin: "cosmos",
  release: `${version}-upstream`,
  clients: [client(version)],
  databaseSurvivesDowngrade: false,
  ...(following === undefined ? {} : { next: following }),
});

const changeOf = (op: Change["op"], of: string, name: string, inputs: Record<string, unknown> = {}): Change => ({
  op,
  type: of,
  name,
  old: { type: of, urn: name, inputs: { ...inputs, tags: { "coinfleet:group": "cosmos", "coinfleet:node": name.slice(0, 8) } } },
  new: undefined,
  keys: ["value"],
  replaceKeys: [],
});

/** What is said when the nodes' release parameters change from what their gates were told. */
function said(before: object, wanted: ResolvedGroup, more: readonly Change[] = []): readonly string[] {
  const changes = ["cosmos-1", "cosmos-2"].flatMap((node) => [
    changeOf("update", type.parameter, `${node}-parameters-release`),
    changeOf("replace", type.command, `${node}-gate`, {
      stdin: JSON.stringify({ release: before, stopTimeoutSec: 300, timeoutSec: 3900 }),
    }),
  ]);
  const fleet: ResolvedFleet = { environment: "test", groups: [wanted] };
  return rolloutNotes([...changes, ...more], fleet, ["cosmos"]).map(({ level, text }) => `${level}: ${text}`);
}

const [at, later] = [{ height: 900, file: "gaiad/data/upgrade-info.json" }, { time: "2026-12-01T14:00:00Z" }];
const before = { release: "27.0.0-upstream" };
const announced = { ...before, next: { release: "28.0.0-upstream", at } };
const rollout =
  "28.0.0-upstream on 2 nodes, one after the other; each stops within 5 min and is well again within 65 min, or the rest of the group is left alone; its database does **not** survive a downgrade: the way back is a snapshot from before";

describe("what a merge request says of releases", () => {
  it("is which one follows which, and how", () => {
    assert.deepEqual(said(before, group("28.0.0")), [`care: 27.0.0-upstream → ${rollout}`]);
  });

  it("is which one the nodes will take by themselves, and no restart", () => {
    assert.deepEqual(said(before, group("27.0.0", next("28.0.0", at))), [
      "care: gaiad 27.0.0 → 28.0.0 at height 900 on 2 nodes at once, by themselves; both images are there before",
    ]);
  });

  it("is another moment, and what it was", () => {
    assert.deepEqual(said(announced, group("27.0.0", next("28.0.0", later))), [
      "care: gaiad 27.0.0 → 28.0.0 at 2026-12-01T14:00:00Z on 2 nodes at once, by themselves, in place of 28.0.0-upstream at height 900; both images are there before",
    ]);
  });

  it("is that one is called off", () => {
    assert.deepEqual(said(announced, group("27.0.0")), [
      "safe: 28.0.0-upstream at height 900 is called off; a node that has taken it by itself does not go back",
    ]);
  });

  it("is that nodes which have taken it go on running when the stack file follows", () => {
    assert.deepEqual(said(announced, group("28.0.0")), [
      `care: 27.0.0-upstream → ${rollout.replace("; each", "; those that have taken it by themselves go on running; the others: each")}`,
    ]);
  });

  it("is a restart too where the image of the running release is made anew", () => {
    const image = changeOf("create", "coinfleet:aws:Image", "cosmos-gaiad-27.0.0-upstream-01234567-x86_64");
    const [first, second] = said(before, group("27.0.0", next("28.0.0", at)), [image]);
    assert.match(first ?? "", /^care: 27\.0\.0-upstream → 27\.0\.0-upstream on 2 nodes, one after the other; each stops/);
    assert.match(second ?? "", /^care: gaiad 27\.0\.0 → 28\.0\.0 at height 900/);
  });
});
