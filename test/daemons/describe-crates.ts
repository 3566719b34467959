import { execFileSync } from "node:child_process";
import { FleetUnderTest } from "../fleet/fleet-under-test.ts";
import { fleetOf } from "../fleet/stack.ts";
import { describeDaemon, type DaemonGroup } from "./describe-daemon.ts";

/** Declares the tests of a client of the crate registry, on a fleet of its own: it takes hours to compile, once on each machine. `compilers` are Debian packages. */
export function describeCrates(
  coin: string,
  group: Omit<DaemonGroup, "hasRecentBlocks">,
  compilers: readonly string[],
  behaviour: Partial<DaemonGroup> = {},
): void {
  describe("a daemon of crates", function () {
    this.timeout(15 * 60_000);
    let fleet: FleetUnderTest;

    before(async function () {
      this.timeout(300 * 60_000);
      execFileSync("sh", ["tools/system-packages.sh", ...compilers], { stdio: "inherit" });
      fleet = await FleetUnderTest.start(`crates-${process.pid}`);
      await fleet.up(fleetOf({ [coin]: group }));
    });
    after(() => fleet?.remove());

    describeDaemon(() => fleet, coin, { ...group, ...behaviour });
  });
}
