import type { Network, Port } from "./coin.ts";

/** Number of the port with a role. A missing role is a mistake of the coin's author. */
export function networkPort(network: Network, role: string): number {
  const port = network.ports[role];
  if (port === undefined) throw new Error(`the network has no port "${role}"`);
  return port.port;
}

/** A port for peers: open to anywhere. */
export const peerPort = (port: number, description = "peers", protocol: Port["protocol"] = "tcp"): Port => ({
  port,
  protocol,
  exposure: "public",
  description,
});

/** A port for the groups and CIDRs that the stack file names. */
export const internalPort = (port: number, description: string): Port => ({ port, protocol: "tcp", exposure: "internal", description });

/** A port of a client's own notifications, for those whom the stack file names. */
export const zmqPort = (port: number): Port => internalPort(port, "blocks and transactions as they come (ZMQ)");

/** A port that never leaves the host. */
export const localPort = (port: number, description: string): Port => ({ port, protocol: "tcp", exposure: "local", description });

/** The two ports that every client has. */
export const peersAndRpc = (p2p: number, rpc: number): { readonly p2p: Port; readonly rpc: Port } => ({
  p2p: peerPort(p2p),
  rpc: internalPort(rpc, "JSON-RPC"),
});
