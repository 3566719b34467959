import type { Network } from "./coin.ts";

/** Number of the port with a role. A missing role is a mistake of the coin's author. */
export function networkPort(network: Network, role: string): number {
  const port = network.ports[role];
  if (port === undefined) throw new Error(`the network has no port "${role}"`);
  return port.port;
}
