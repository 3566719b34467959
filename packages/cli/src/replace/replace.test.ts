import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { coins } from "../../../../coins/index.ts";
import { parseStackFile } from "@coinfleet/config";
import type { GroupSnapshot } from "../drill/snapshots.ts";
import { chooseSource, describeSnapshot, type Damaged } from "./choose-source.ts";
import { decide, type VolumeState } from "./decide.ts";
import { changedLines, editReplacement, type Replacement } from "./edit-replacement.ts";
import { exportSchema, findVolumes, type NodeVolumes } from "./read-volumes.ts";

const damaged: Damaged = { environment: "test", group: "litecoin", node: "litecoin-2", retired: ["vol-retired"] };
const snapshot = (id: string, node: string, end: Partial<GroupSnapshot> = {}): GroupSnapshot => ({
  id,
  environment: "test",
  takenMs: Date.parse("2026-11-20T03:00:00Z"),
  node,
  volumeId: `vol-of-${node}`,
  sizeGiB: 4,
  ...end,
});
const own = snapshot("own", "litecoin-2");
const sibling = snapshot("sibling", "litecoin-1");
const failed = snapshot("failed", "litecoin-1", { failed: "2026-11-19T00:00:00Z" });
const givenUp = snapshot("given-up", "litecoin-3", { volumeId: "vol-retired" });
const proven = snapshot("proven", "litecoin-2", { provenAt: "2026-11-01T00:00:00Z" });
const older = snapshot("older", "litecoin-1", { provenAt: "2026-10-01T00:00:00Z" });

describe("the snapshot that a node's data is replaced from", () => {
  const chosen = (...all: readonly GroupSnapshot[]): string => chooseSource(all, damaged).chosen.id;

  it("is the newest that a drill has proved, the node's own too, and what is newer is told", () => {
    const { chosen: one, newer } = chooseSource([own, sibling, failed, proven, older], damaged);
    assert.deepEqual([one.id, newer.map(({ id }) => id)], ["proven", ["own", "sibling", "failed"]]);
  });

  it("is a sibling's newest where none is proven, and never one that failed, of the node itself or of a volume given up", () =>
    assert.equal(chosen(own, failed, givenUp, sibling), "sibling"));

  it("is none where all may hold the same damage: whoever wants one of those names it", () => {
    assert.throws(
      () => chosen(failed, own, givenUp),
      /NoSnapshot[^]*own may hold the same damage as litecoin-2[^]*coinfleet drill litecoin --environment test[^]*--snapshot own/,
    );
    assert.throws(() => chosen(failed), /NoSnapshot[^]*1 snapshots, of which 1 failed[^]*volume\.replaced\.litecoin-2/);
    assert.throws(() => chosen(), /NoSnapshot/);
  });

  it("is told with its age, whose it is, and what it is worth", () => {
    const now = Date.parse("2026-11-21T04:00:00Z");
    assert.equal(
      describeSnapshot(proven, damaged, now),
      "proven of litecoin-2, 1 d 1 h old (taken at 2026-11-20T03:00:00.000Z), proven at 2026-11-01T00:00:00Z",
    );
    assert.match(describeSnapshot(sibling, damaged, now), /^sibling of litecoin-1, .*, UNPROVEN: no drill has started a node from it$/);
    assert.match(describeSnapshot(own, damaged, now), /UNPROVEN, and it may hold the same damage as litecoin-2$/);
    assert.match(describeSnapshot(failed, damaged, now), /whose drill FAILED at 2026-11-19/);
  });
});

describe("what is written for a replacement", () => {
  const fresh: VolumeState = { generation: 1, snapshot: undefined, isReplaced: false, isMade: true, hasWorked: true };
  const underWay: VolumeState = { generation: 2, snapshot: "snap-a", isReplaced: true, isMade: true, hasWorked: false };
  const next = { kind: "write", isRetiring: true };

  it("is the next generation, and the old volume is let go of", () => {
    assert.deepEqual(decide(fresh, undefined), { ...next, generation: 2 });
    assert.deepEqual(decide({ ...fresh, hasWorked: false }, "snap-b"), { ...next, generation: 2 });
  });

  it("is a third one only after the node has been synced with the second", () => {
    assert.deepEqual(decide({ ...underWay, hasWorked: true }, undefined), { ...next, generation: 3 });
    assert.deepEqual(decide({ ...underWay, hasWorked: true }, "snap-a"), { ...next, generation: 3 });
  });

  it("is nothing while the last one is under way, not made, not attached or not synced", () => {
    for (const state of [underWay, { ...underWay, isMade: false }])
      for (const named of [undefined, "snap-a"]) assert.deepEqual(decide(state, named), { kind: "goOn" });
  });

  it("is another snapshot where a person names one: for the same volume as long as it is not made", () => {
    assert.deepEqual(decide({ ...underWay, isMade: false }, "snap-b"), { kind: "write", generation: 2, isRetiring: false });
    assert.deepEqual(decide(underWay, "snap-b"), { ...next, generation: 3 });
  });
});

describe("the stack file of a replacement", () => {
  const replacement: Replacement = {
    group: "litecoin",
    node: "litecoin-2",
    generation: 2,
    snapshot: "snap-0123456789abcdef0",
    sizeGiB: undefined,
    retired: "litecoin-2-data-volume-g1",
  };
  const text = `config:
  coinfleet:fleet:
    zones: [a, b] # two
    nodes:
      # ours
      litecoin: { network: mainnet, count: 2 } # small
      monero: { network: mainnet }
`;

  it("has the node's line and the retired volume, and every other line as it was", () => {
    assert.equal(
      editReplacement(text, replacement),
      text
        .replace("    nodes:", "    retired:\n      volumes: [litecoin-2-data-volume-g1]\n    nodes:")
        .replace("count: 2 }", "count: 2, volume: { replaced: { litecoin-2: { generation: 2, snapshot: snap-0123456789abcdef0 } } } }"),
    );
  });

  it("keeps the lines of other nodes, and goes on from the node's own", () => {
    const once = editReplacement(text, { ...replacement, node: "litecoin-1", retired: "litecoin-1-data-volume-g1" });
    const twice = editReplacement(editReplacement(once, replacement), {
      ...replacement,
      generation: 3,
      sizeGiB: 6,
      retired: "litecoin-2-data-volume-g2",
    });
    assert.match(
      twice,
      /litecoin-1: \{ generation: 2, snapshot: snap-0123456789abcdef0 \}, litecoin-2: \{ generation: 3, snapshot: snap-0123456789abcdef0, sizeGiB: 6 \}/,
    );
    assert.match(twice, /volumes: \[litecoin-1-data-volume-g1, litecoin-2-data-volume-g1, litecoin-2-data-volume-g2\]\n/);
  });

  it("is refused where the group shares its volume with another one", () => {
    const shared = text
      .replace("count: 2 }", "volume: &all { sizeGiB: 4 } }")
      .replace("monero: { network: mainnet", "monero: { network: mainnet, volume: *all");
    for (const group of ["litecoin", "monero"])
      assert.throws(() => editReplacement(shared, { ...replacement, group }), /InvalidInput[^]*by an anchor/);
  });

  it("shows what has changed, line by line", () => assert.deepEqual(changedLines("a\nb\nc", "a\nx\ny\nc"), ["- b", "+ x", "+ y"]));

  it("is one that the program takes: production's, with a node of each group replaced", () => {
    const file = "stacks/Pulumi.production.yaml";
    const good = readFileSync(new URL(`../../../../${file}`, import.meta.url), "utf8");
    const origin = { environment: "production", file };
    const before = parseStackFile(good, coins, origin);
    const groups = "config" in before ? before.config.fleet.groups.filter(({ holdsKeys }) => !holdsKeys) : [];
    assert.ok(groups.length > 1);
    const edited = groups.reduce((all, { name }) => {
      const node = `${name}-1`;
      return editReplacement(all, { ...replacement, group: name, node, retired: `${node}-data-volume-g1` });
    }, good);
    const after = parseStackFile(edited, coins, origin);
    assert.ok("config" in after, "text" in after ? after.text : "");
    for (const { nodes, holdsKeys } of after.config.fleet.groups)
      for (const { index, volume } of nodes) assert.equal(volume.generation, index === 1 && !holdsKeys ? 2 : 1);
  });
});

describe("what the engine has made of a node's volume", () => {
  const urn = (type: string, name: string): string => `urn:pulumi:test::coinfleet::coinfleet:aws:Fleet$${type}::${name}`;
  const attachment = (volumeId: string, more: object = {}): object => ({
    urn: urn("aws:ec2/volumeAttachment:VolumeAttachment", "litecoin-2-attachment"),
    id: "vai-1",
    created: "2026-11-20T03:00:00.123Z",
    outputs: { volumeId },
    ...more,
  });
  const volume = (name: string, id: string): object => ({ urn: urn("coinfleet:aws:DataVolume$aws:ebs/volume:Volume", name), id });
  const read = (...resources: readonly object[]): NodeVolumes =>
    findVolumes(exportSchema.parse({ version: 3, deployment: { resources } }), "litecoin-2", "litecoin-2-data-volume-g2");

  it("is its id, and since when the node has it", () => {
    const found = read(volume("litecoin-2-data-volume-g2", "vol-2"), attachment("vol-2"));
    assert.deepEqual(found, { volumeId: "vol-2", attachedMs: Date.parse("2026-11-20T03:00:00.123Z"), retired: [] });
  });

  it("is not attached while the node has another one, or only what is replaced", () => {
    const made = volume("litecoin-2-data-volume-g2", "vol-2");
    for (const other of [attachment("vol-1"), attachment("vol-2", { delete: true })]) assert.equal(read(made, other).attachedMs, undefined);
    assert.equal(read(made, other(attachment("vol-2"))).attachedMs, undefined);
  });

  it("is nothing where it is not made, and says what is given up", () => {
    const retired = { urn: urn("coinfleet:aws:Retired$aws:ebs/volume:Volume", "litecoin-2-data-volume-g1"), id: "vol-1" };
    assert.deepEqual(read(retired, volume("litecoin-1-data-volume-g2", "vol-3"), attachment("vol-1")), {
      volumeId: undefined,
      attachedMs: undefined,
      retired: ["vol-1"],
    });
    assert.deepEqual(findVolumes(exportSchema.parse({ version: 3, deployment: {} }), "litecoin-2", "x").retired, []);
  });

  /** The same of another node. */
  const other = (resource: object): object => ({
    ...resource,
    urn: urn("aws:ec2/volumeAttachment:VolumeAttachment", "litecoin-12-attachment"),
  });
});
