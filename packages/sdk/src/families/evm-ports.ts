import type { Network, Port } from "../coin.ts";
import { privateNetwork } from "../network-defaults.ts";
import { internalPort, localPort, peerPort } from "../network-port.ts";

/** Ports of an execution client that has no peers. */
const lonelyPorts = {
  rpc: internalPort(8545, "JSON-RPC"),
  ws: internalPort(8546, "JSON-RPC over WebSocket"),
  metrics: internalPort(6060, "execution client's metrics"),
} as const;

/** Ports of an execution client on a public network, as go-ethereum and what comes from it choose them. */
export const executionPorts: Readonly<Record<string, Port>> = {
  ...lonelyPorts,
  p2p: peerPort(30303, "execution peers"),
  "p2p-udp": peerPort(30303, "execution peer discovery", "udp"),
};

/** Ports of an execution client and of the consensus client that leads it, as lighthouse chooses them. */
export const ledExecutionPorts: Readonly<Record<string, Port>> = {
  ...executionPorts,
  engine: localPort(8551, "engine API"),
  beacon: internalPort(5052, "beacon API"),
  "beacon-p2p": peerPort(9000, "consensus peers"),
  "beacon-p2p-udp": peerPort(9000, "consensus peer discovery", "udp"),
  "beacon-quic": peerPort(9001, "consensus peers over QUIC", "udp"),
  "beacon-metrics": internalPort(5054, "consensus client's metrics"),
};

/** go-ethereum's private network: one node without peers, which makes a block every five seconds and judges itself by the age of its tip alone. */
export const evmDevNetwork: Network = privateNetwork({
  ports: lonelyPorts,
  blockIntervalSec: 5,
  blockArrival: "slots",
  memoryMiB: 768,
  minimumTips: 0,
  maximumNodes: 1,
});
