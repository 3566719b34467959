import type { Network } from "./coin.ts";
import type { UpgradeSpec } from "./fleet-spec.ts";
import type { ResolvedUpgrade } from "./resolved.ts";

const soakBlocks = 6;
const shortestSoakSec = 120;
const longestSoakSec = 3600;
const defaultLimitSec = 3600;

/** How a new release comes to a group. A trial of six blocks sees blocks arrive; on slow chains it ends after an hour, because peers and tips have spoken by then. */
export function resolveUpgrade(network: Pick<Network, "kind" | "blockIntervalSec">, own: UpgradeSpec = {}): ResolvedUpgrade {
  const sixBlocks = Math.ceil(soakBlocks * network.blockIntervalSec);
  const soakSec = network.kind === "private" ? 0 : Math.min(longestSoakSec, Math.max(shortestSoakSec, sixBlocks));
  return {
    soakSec: own.soakMinutes === undefined ? soakSec : Math.round(own.soakMinutes * 60),
    limitSec: own.limitMinutes === undefined ? defaultLimitSec : Math.round(own.limitMinutes * 60),
  };
}
