import { execFileSync } from "node:child_process";
import { FleetUnderTest } from "../fleet/fleet-under-test.ts";
import { fleetOf } from "../fleet/stack.ts";
import { describeDaemon } from "./describe-daemon.ts";

/** What the crates' own build needs besides Rust. */
const compilers = ["libclang-dev", "protobuf-compiler", "cmake", "g++", "make"];
const zcash = { network: "regtest", count: 1, sources: { zebrad: "crates" }, blockEverySec: 5 };

/**
 * zebrad, whose 700 crates take two processors more than an hour. One node: its client has no peers on another host on its private network,
 * whose blocks are a second apart from 2011 on.
 */
describe("daemons of crates", function () {
  this.timeout(15 * 60_000);
  let fleet: FleetUnderTest;

  before(async function () {
    this.timeout(180 * 60_000);
    execFileSync("sh", ["tools/system-packages.sh", ...compilers], { stdio: "inherit" });
    fleet = await FleetUnderTest.start(`crates-${process.pid}`);
    await fleet.up(fleetOf({ zcash }));
  });
  after(() => fleet?.remove());

  describeDaemon(() => fleet, "zcash", { ...zcash, hasRecentBlocks: false });
});
