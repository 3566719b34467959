import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { recordProgram, stackConfig, type Recorded } from "./record-program.ts";

const fleetKey = "coinfleet:fleet";

/** The sandbox stack with two nodes of a chain that upgrades at a height. */
async function resourcesOf(upgrade: object): Promise<readonly Recorded[]> {
  const config = stackConfig("sandbox");
  const fleet = config[fleetKey];
  assert.ok(typeof fleet === "object" && fleet !== null);
  const osmosis = { network: "mainnet", count: 2, release: { osmosisd: "31.0.0" }, volume: { sizeGiB: 100 }, upgrade };
  return (await recordProgram("sandbox", { ...config, [fleetKey]: { ...fleet, nodes: { osmosis } } })).resources;
}

// It does not prove that AWS accepts any of it, nor what the engine does with it.
describe("a release that is announced", () => {
  let earlier: readonly Recorded[];
  let announced: readonly Recorded[];
  before(async function () {
    this.timeout(300_000);
    earlier = await resourcesOf({});
    announced = await resourcesOf({ next: { release: { osmosisd: "31.0.2" }, atHeight: 60_000_000 } });
  });

  it("has an image of its own, and changes the parameters and the gates of its nodes and nothing else", () => {
    const keyOf = ({ type, name }: Recorded): string => `${type} ${name}`;
    const old = new Map(earlier.map((one) => [keyOf(one), one]));
    const made = announced.filter((one) => !old.has(keyOf(one))).map(({ type }) => type);
    assert.deepEqual(made, ["coinfleet:aws:Image", "docker:index/remoteImage:RemoteImage", "docker:index/registryImage:RegistryImage"]);
    const changed = announced.filter((one) => old.has(keyOf(one)) && !isDeepStrictEqual(one, old.get(keyOf(one))));
    assert.deepEqual(
      changed.map(({ name }) => name),
      ["osmosis-1-parameters-release", "osmosis-1-gate", "osmosis-2-parameters-release", "osmosis-2-gate"],
    );
    assert.equal(announced.length, earlier.length + made.length);
  });

  it("is told to the nodes with its image by digest, and with the file in which their client names the height", () => {
    const value = String(announced.find(({ name }) => name === "osmosis-1-parameters-release")?.inputs["value"]);
    const { release, next } = JSON.parse(value) as {
      release: string;
      next: { release: string; images: Record<string, string>; at: unknown };
    };
    assert.deepEqual([release, next.release], ["31.0.0-upstream", "31.0.2-upstream"]);
    assert.match(next.images["osmosisd"] ?? "", /@sha256:[0-9a-f]{64}$/);
    assert.deepEqual(next.at, { height: 60_000_000, file: "osmosisd/data/upgrade-info.json" });
  });
});
