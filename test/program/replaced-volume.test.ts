import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { recordProgram, stackConfig, type Recorded } from "./record-program.ts";

const fleetKey = "coinfleet:fleet";
const snapshot = "snap-0123456789abcdef0";

/** The sandbox stack with three nodes of one chain, and what its volumes say. */
async function resourcesOf(volume: object, fleetAlso: object = {}): Promise<readonly Recorded[]> {
  const config = stackConfig("sandbox");
  const fleet = config[fleetKey];
  assert.ok(typeof fleet === "object" && fleet !== null);
  const litecoin = { network: "regtest", count: 3, sources: { litecoind: "debian" }, volume: { sizeGiB: 2, ...volume } };
  return (await recordProgram("sandbox", { ...config, [fleetKey]: { ...fleet, ...fleetAlso, nodes: { litecoin } } })).resources;
}

// It does not prove that AWS accepts any of it, nor what the engine does with it: test/engine does.
describe("a node whose volume alone is replaced", () => {
  const keyOf = ({ type, name }: Recorded): string => `${type} ${name}`;
  let earlier: ReadonlyMap<string, Recorded>;
  let replaced: ReadonlyMap<string, Recorded>;
  before(async function () {
    this.timeout(300_000);
    const byKey = (all: readonly Recorded[]): ReadonlyMap<string, Recorded> => new Map(all.map((one) => [keyOf(one), one]));
    earlier = byKey(await resourcesOf({}));
    replaced = byKey(
      await resourcesOf(
        { replaced: { "litecoin-2": { generation: 2, snapshot, sizeGiB: 3 } } },
        { retired: { volumes: ["litecoin-2-data-volume-g1"] } },
      ),
    );
  });

  it("has a new volume from the snapshot, in its own zone, as protected as the old one", () => {
    const old = earlier.get("aws:ebs/volume:Volume litecoin-2-data-volume-g1");
    const made = replaced.get("aws:ebs/volume:Volume litecoin-2-data-volume-g2");
    assert.ok(old && made);
    const { inputs } = made;
    assert.deepEqual({ ...made, name: old.name, inputs: old.inputs }, old);
    assert.deepEqual([made.protect, made.retainOnDelete], [true, true]);
    assert.deepEqual([inputs["snapshotId"], inputs["size"], inputs["availabilityZone"]], [snapshot, 3, old.inputs["availabilityZone"]]);
  });

  it("keeps the old volume, unattached, and no sibling has any change", () => {
    assert.equal(replaced.get("aws:ebs/volume:Volume litecoin-2-data-volume-g1")?.parent, "retired");
    const changed = [...replaced.values()].filter((one) => !isDeepStrictEqual(one, earlier.get(keyOf(one))));
    assert.deepEqual(changed.map(({ name }) => name).sort(), [
      "litecoin-2-attachment",
      "litecoin-2-data-volume-g1",
      "litecoin-2-data-volume-g2",
      "litecoin-2-detach",
      "litecoin-2-gate",
      "litecoin-2-parameters-config",
    ]);
    assert.deepEqual(
      [...earlier.keys()].filter((key) => !replaced.has(key)),
      [],
    );
  });
});
