import { FleetUnderTest } from "../fleet/fleet-under-test.ts";
import { fleetOf } from "../fleet/stack.ts";
import { describeDaemon, type DaemonGroup } from "./describe-daemon.ts";

/**
 * Every client that Debian and Go's module proxy hold, as its coin's plugin builds and runs it. Main networks take other sources of the same plugins, which are
 * not shown here: a signed archive, where here it is a Debian package or a Go module. Missing is bsc's geth, which has no private network.
 */
const groups = {
  litecoin: { network: "regtest", count: 2, sources: { litecoind: "debian" }, blockEverySec: 5 },
  monero: { network: "regtest", count: 2, sources: { monerod: "debian" }, blockEverySec: 5 },
  decred: { network: "simnet", count: 2, sources: { dcrd: "go" }, blockEverySec: 20 },
  ethereum: { network: "dev", count: 1, sources: { geth: "go" } },
  "ethereum-classic": { network: "dev", count: 1, sources: { geth: "go" } },
  cosmos: { network: "kvstore", count: 2, sources: { cometbft: "go" } },
  terra: { network: "kvstore", count: 2, sources: { cometbft: "go" } },
  avalanche: { network: "local", count: 1, sources: { avalanchego: "go" } },
} as const;

const behaviours: Readonly<Record<string, DaemonGroup>> = {
  ...groups,
  "ethereum-classic": { ...groups["ethereum-classic"], keepsData: false },
  avalanche: { ...groups.avalanche, hasRecentBlocks: false },
};

/** `DAEMONS=cosmos,terra`: these alone, while somebody works on them. */
const chosen = process.env["DAEMONS"]?.split(",") ?? Object.keys(groups);
const isChosen = ([coin]: readonly [string, unknown]): boolean => chosen.includes(coin);

describe("real daemons", function () {
  this.timeout(15 * 60_000);
  let fleet: FleetUnderTest;

  before(async function () {
    this.timeout(30 * 60_000);
    fleet = await FleetUnderTest.start(`daemons-${process.pid}`);
    await fleet.up(fleetOf(Object.fromEntries(Object.entries(groups).filter(isChosen))));
  });
  after(() => fleet?.remove());

  for (const [coin, group] of Object.entries(behaviours).filter(isChosen)) describeDaemon(() => fleet, coin, group);
});
