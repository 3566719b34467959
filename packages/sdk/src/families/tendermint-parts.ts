import type { Client, Network, Port, Snapshot, TipReference } from "../coin.ts";
import { oneClient, privateNetwork } from "../network-defaults.ts";
import { internalPort, peerPort } from "../network-port.ts";
import { pending, pendingDigests } from "../release.ts";

// What coins of the tendermint family are put together from, besides the family itself.

/** The client of `kvstoreChain`, by the minor release that the coin's own client is built on. */
export const cometbft = {
  "0.37": cometbftClient("0.37.18", "h1:JIjGMHxPqnuoGcCn3gRnmFSCBP6bCIeJWWWILwiDwUk="),
  "0.38": cometbftClient("0.38.26", "h1:MIPYgOSvyyiN1jo3SZljKy4ZXqs896aQnj3pQFfUmaE="),
} as const;

function cometbftClient(version: string, sum: string): Readonly<Record<string, Client>> {
  const module = "github.com/cometbft/cometbft";
  return oneClient("cometbft", {
    go: { kind: "goModule", version, module, packages: { [`${module}/cmd/cometbft`]: "cometbft" }, sums: { [version]: sum } },
  });
}

/** Ports of a node of the family. */
export const tendermintPorts: Readonly<Record<"p2p" | "rpc" | "rest" | "grpc" | "metrics", Port>> = {
  p2p: peerPort(26656),
  rpc: internalPort(26657, "CometBFT RPC"),
  rest: internalPort(1317, "REST"),
  grpc: internalPort(9090, "gRPC"),
  metrics: internalPort(26660, "metrics"),
};

/** The private network of every coin of the family; see `kvstoreChain`. */
export const kvstoreNetwork: Network = privateNetwork({
  ports: { p2p: tendermintPorts.p2p, rpc: tendermintPorts.rpc, metrics: tendermintPorts.metrics },
  blockIntervalSec: 2,
  blockArrival: "slots",
  memoryMiB: 256,
  settledDepth: 2,
});

/** What two thirds of the validators have signed is final at once. Blocks come on time, about as often as `blockIntervalSec` says. */
export const finalSlots = (
  blockIntervalSec: number,
): Pick<Network, "ports" | "blockIntervalSec" | "blockArrival" | "minimumTips" | "settledDepth"> => ({
  ports: tendermintPorts,
  blockIntervalSec,
  blockArrival: "slots",
  minimumTips: 2,
  settledDepth: 2,
});

/** terrad of a repository on GitHub: archives under goreleaser's names, beside a checksum.txt that nobody signs. */
export const terrad = (repository: string, version: string): Readonly<Record<string, Client>> => {
  const archive = `https://github.com/${repository}/releases/download/v{version}/terra_{version}_Linux`;
  return oneClient("terrad", {
    upstream: {
      kind: "signedArchive",
      version,
      url: { x86_64: `${archive}_x86_64.tar.gz`, arm64: `${archive}_arm64.tar.gz` },
      sha256: { [version]: pendingDigests("upstream's checksum.txt of this release is not on record (2026-08)") },
      signature: { kind: "none", reason: "upstream publishes checksum.txt without a signature" },
      binaries: { terrad: "terrad" },
    },
  });
};

/** A network's first state. Nobody signs these files: compare them from two sources before the digest is pinned. */
export const genesisAt = (url: string): NonNullable<Network["assets"]> => ({
  "genesis.json": { url, sha256: pending("no record names the digest of the network's first state (2026-11)") },
});

/** How an empty volume of a public network gets its data: an old chain cannot be replayed by today's release. */
export const stateSync: Snapshot = {
  kind: "client",
  how: "state sync from the height that the option stateSync trusts; else an archive or EBS snapshot that the stack file names",
};

/** A public RPC's status page. */
export const tendermintTip = (host: string): TipReference => ({
  name: host,
  url: `https://${host}/status`,
  height: "result.sync_info.latest_block_height",
});
