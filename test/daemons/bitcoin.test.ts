import assert from "node:assert/strict";
import type { FakeUpstream } from "@coinfleet/build/testing";
import { FleetUnderTest } from "../fleet/fleet-under-test.ts";
import { fleetOf } from "../fleet/stack.ts";
import { startBitcoinMirror } from "./bitcoin-mirror.ts";
import { describeDaemon } from "./describe-daemon.ts";
import { describeLightning } from "./describe-lightning.ts";

const bitcoin = { network: "regtest", count: 2, sources: { bitcoind: "upstream" }, blockEverySec: 5 };

/**
 * Bitcoin Core, compiled here from its own sources and delivered as upstream delivers it: archive, sums, and signatures by enough signers. Which release of
 * bitcoind runs is not the pinned one's word: see bitcoin-core.ts.
 */
describe("bitcoind", function () {
  this.timeout(15 * 60_000);
  let mirror: FakeUpstream | undefined;
  let fleet: FleetUnderTest;

  before(async function () {
    this.timeout(120 * 60_000);
    fleet = await FleetUnderTest.start(`bitcoin-${process.pid}`);
    mirror = await startBitcoinMirror(fleet.stack);
    fleet.setVariables({ COINFLEET_MIRROR: mirror.url });
    await fleet.up(fleetOf({ bitcoin }));
  });
  after(async () => {
    await mirror?.close();
    await fleet?.remove();
  });

  it("is the one that was compiled, from a signed archive", async () => {
    assert.match(await fleet.onHost("bitcoin-1", "docker exec bitcoind bitcoind -datadir=/data -version"), /v31\.99\.0/);
    assert.ok(mirror?.requests.some((path) => path.endsWith("/SHA256SUMS.asc")));
  });

  describeDaemon(() => fleet, "bitcoin", bitcoin);
  describeLightning(() => fleet, { bitcoin });
});
