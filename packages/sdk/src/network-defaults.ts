import type { Client, Network, Snapshot, TipReference } from "./coin.ts";
import { pending, type ReleaseSource } from "./release.ts";

/** What a private network needs to say; see {@link Network}. */
export type PrivateNetworkInput = Pick<Network, "ports" | "memoryMiB"> & Partial<Network>;

/** A network for tests: no references, no value, data that fits on the smallest volume. */
export function privateNetwork(input: PrivateNetworkInput): Network {
  return {
    kind: "private",
    blockIntervalSec: 60,
    blockArrival: "work",
    data: { sizeGiB: 1, growthGiBPerYear: 1, source: "made by the tests" },
    instanceType: "t3.small",
    tips: [],
    minimumTips: 1,
    settledDepth: 6,
    ...input,
  };
}

/** What a main network needs to say; see {@link Network}. */
export type MainNetworkInput = Pick<Network, "ports" | "blockIntervalSec" | "blockArrival" | "data" | "tips"> & Partial<Network>;

/** A main network of middle size: two independent tips, and reorganisations of less than six blocks. */
export function mainNetwork(input: MainNetworkInput): Network {
  return { kind: "main", memoryMiB: 6144, instanceType: "m7i.large", minimumTips: 2, settledDepth: 6, ...input };
}

/** What a test network needs to say; see {@link Network}. */
export type TestNetworkInput = Pick<Network, "ports" | "blockIntervalSec" | "blockArrival"> & Partial<Network>;

/** A public test network, which is smaller than the main one and knows deeper reorganisations. Has no references: the stack file names some, or runs three nodes. Nobody has measured its data unless it says so. */
export function testNetwork(input: TestNetworkInput): Network {
  const data = unmeasured("no source says how large it is: measure");
  return { kind: "test", data, memoryMiB: 3072, instanceType: "t3.medium", tips: [], minimumTips: 2, settledDepth: 12, ...input };
}

/** Chain data of a size that nobody has measured: the stack file must say how large the volume is. */
export const unmeasured = (reason: string): Network["data"] => ({
  sizeGiB: pending(reason),
  growthGiBPerYear: pending(reason),
  source: "none",
});

/** The clients of a coin that has one. */
export const oneClient = (name: string, sources: Readonly<Record<string, ReleaseSource>>): Readonly<Record<string, Client>> => ({
  [name]: { sources },
});

/** No trusted public snapshot, for each of the networks: the first node syncs from genesis, later ones from an EBS snapshot that the stack file pins. */
export function noSnapshot<const N extends string>(networks: readonly N[], reason: string): Readonly<Record<N, Snapshot>> {
  const entries: Partial<Record<N, Snapshot>> = {};
  for (const name of networks) entries[name] = { kind: "none", reason };
  return requireAll(entries, networks);
}

function requireAll<N extends string>(entries: Partial<Record<N, Snapshot>>, networks: readonly N[]): Readonly<Record<N, Snapshot>> {
  const isWhole = (some: Partial<Record<N, Snapshot>>): some is Record<N, Snapshot> => networks.every((name) => some[name] !== undefined);
  if (!isWhole(entries)) throw new Error("unreachable: every network has got its entry");
  return entries;
}

/** Blockchair's figures. @param chain its name for the chain, for example `litecoin` */
export const blockchair = (chain: string): TipReference => ({
  name: "blockchair",
  url: `https://api.blockchair.com/${chain}/stats`,
  height: "data.best_block_height",
});

/** A Blockbook's status page. @param host for example `ltc1.trezor.io` */
export const blockbook = (host: string): TipReference => ({ name: host, url: `https://${host}/api/`, height: "blockbook.bestHeight" });

/** A coin whose data holds no keys and whose only RPC port, `rpc`, asks for no password. */
export const openRpc = { secrets: [], access: [{ port: "rpc", protocol: "http" }], keys: "none" } as const;
