import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { coins } from "../../coins/index.ts";
import { FleetUnderTest } from "../fleet/fleet-under-test.ts";
import { fleetOf } from "../fleet/stack.ts";
import { describeDaemon, type DaemonGroup } from "./describe-daemon.ts";

/** What a client's crates take to compile, had from where the machine has its packages. */
function installCompilers(coin: string, client: string): void {
  const source = coins[coin]?.clients[client]?.sources["crates"];
  assert.ok(source?.kind === "cargoCrates");
  const { compilers = [], targets = [] } = source;
  execFileSync("sh", ["tools/system-packages.sh", ...compilers], { stdio: "inherit" });
  if (targets.length > 0) execFileSync("rustup", ["target", "add", ...targets], { stdio: "inherit" });
}

/** Declares the tests of a client of the crate registry, on a fleet of its own: it takes hours to compile, once on each machine. */
export function describeCrates(
  coin: string,
  client: string,
  options: Pick<DaemonGroup, "network"> & { readonly blockEverySec?: number },
  behaviour: Pick<DaemonGroup, "hasRecentBlocks" | "exitCode"> = {},
): void {
  // One node: each of their private networks is made by one.
  const group = { ...options, count: 1, sources: { [client]: "crates" } };
  describe("a daemon of crates", function () {
    this.timeout(15 * 60_000);
    let fleet: FleetUnderTest;

    before(async function () {
      this.timeout(300 * 60_000);
      installCompilers(coin, client);
      fleet = await FleetUnderTest.start(`crates-${process.pid}`);
      await fleet.up(fleetOf({ [coin]: group }));
    });
    after(() => fleet?.remove());

    describeDaemon(() => fleet, coin, { ...group, ...behaviour });
  });
}
