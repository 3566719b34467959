import assert from "node:assert/strict";
import type { VolumeSpec } from "./fleet-spec.ts";
import { privateNetwork } from "./network-defaults.ts";
import { peersAndRpc } from "./network-port.ts";
import { resolveVolumes, type GroupVolumes } from "./resolve-volumes.ts";

const network = privateNetwork({ ports: peersAndRpc(19444, 19443), memoryMiB: 512 });
const snapshot = "snap-0123456789abcdef0";

function resolve(spec: VolumeSpec, holdsKeys = false): { readonly volumes: GroupVolumes | undefined; readonly found: readonly string[] } {
  const found: string[] = [];
  const names = ["oak-1", "oak-2"];
  const report = ({ name, path }: { readonly name: string; readonly path: string }): void => void found.push(`${name} ${path}`);
  return { volumes: resolveVolumes({ network, holdsKeys, spec, names, path: "oak", report }), found };
}

describe("the volume of a node that was replaced alone", () => {
  it("is a later one from the snapshot of its own line, and its siblings have the group's", () => {
    const { volumes, found } = resolve({ sizeGiB: 4, initializationRate: 200, replaced: { "oak-2": { generation: 3, snapshot } } });
    assert.deepEqual(found, []);
    assert.equal(volumes?.of("oak-1"), volumes?.group);
    assert.deepEqual(
      [volumes?.group.generation, volumes?.group.snapshotId, volumes?.group.initializationRateMiBPerSec],
      [1, undefined, undefined],
    );
    assert.deepEqual(volumes?.of("oak-2"), { ...volumes?.group, generation: 3, snapshotId: snapshot, initializationRateMiBPerSec: 200 });
  });

  it("starts from the group's snapshot where its line names none", () =>
    assert.equal(resolve({ snapshot, replaced: { "oak-1": { generation: 2 } } }).volumes?.of("oak-1").snapshotId, snapshot));

  it("is as large as the snapshot's volume has grown, and never smaller than the group's", () => {
    const sizeOf = (sizeGiB: number): unknown =>
      resolve({ sizeGiB: 4, replaced: { "oak-1": { generation: 2, sizeGiB } } }).volumes?.of("oak-1").sizeGiB;
    assert.deepEqual([sizeOf(3), sizeOf(6)], [4, 6]);
  });

  it("is refused where it is none of the group's, no later one, too large, or from old keys", () => {
    const at = (rest: string): string => `oak.volume.replaced.${rest}`;
    const wrong: VolumeSpec = {
      generation: 2,
      sizeGiB: 4,
      maximumGiB: 6,
      replaced: { "oak-1": { generation: 2 }, "oak-2": { generation: 3, sizeGiB: 7, snapshot }, "oak-3": { generation: 3 } },
    };
    assert.deepEqual(resolve(wrong, true).found, [
      `GenerationNotLater ${at("oak-1.generation")}`,
      `InvalidVolume ${at("oak-2.sizeGiB")}`,
      `KeysForbidSnapshot ${at("oak-2.snapshot")}`,
      `UnknownNode ${at("oak-3")}`,
    ]);
  });

  it("may be the only one that is filled at a rate", () =>
    assert.deepEqual(resolve({ initializationRate: 200, replaced: { "oak-1": { generation: 2 } } }).found, [
      "InvalidVolume oak.volume.initializationRate",
    ]));
});
