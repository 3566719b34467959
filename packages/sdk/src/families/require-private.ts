import type { Network } from "../coin.ts";
import { ProbeError } from "../sync-status.ts";

/**
 * The last guard before a block is made.
 * @throws {@link ProbeError} `wrong-network`
 */
export function requirePrivate(network: Network): void {
  if (network.kind !== "private") throw new ProbeError("wrong-network", "blocks are made on private networks only");
}
