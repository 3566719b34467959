import { archives, defineCoin, httpAt, internalPort, networkPort, noSnapshot, numberHeight, entryOf, peerPort } from "@coinfleet/sdk";
import { pendingDigests, privateNetwork, requireNetwork, signedArchive, testNetwork, unixSeconds, unmeasured } from "@coinfleet/sdk";
import type { Daemon, DaemonContext, Network, NodeClient, SyncContext, SyncStatus } from "@coinfleet/sdk";
import { z } from "zod";

const options = z.strictObject({
  maxPeers: z.int().min(8).max(1000).default(50).describe("Most connections in, and the same number out."),
});

type Options = z.infer<typeof options>;

const geneses = {
  mainnet: "FSH8eAAzZNqnG8xgTZtz5xuLqXySsXgAjmFEC25hXMbEufiGjqWPnGCZFt6gLiVLJny16ipxRNAkkzjjhqTjBE2",
  testnet: "5uqnLK3Z9eiot6FyYBfwUnbyid3abicQbAZjz38GQ1Q8XigQMxTK4C1zNkqS1SVw7FqSidbZKxWAKLVoEsp4nNqa",
  private: "4WNhR15xizRv3uYwaXgtMzuvQ8ukKKimoDSp19ms3W3UU9XHgFo8q5jgcnWYKkJ7qtam9g5i5kLr6g38iJe8Fdgh",
} as const;

/** Upstream's own private network, docker/private/waves.custom.conf: its seed is public, and nothing on it has value. */
const custom = {
  "address-scheme-character": "R",
  functionality: {
    ...{ "feature-check-blocks-period": 5, "blocks-for-feature-activation": 5, "generation-balance-depth-from-50-to-1000-after-height": 0 },
    ...{
      "reset-effective-balances-at-height": 1,
      "block-version-3-after-height": 0,
      "double-features-periods-after-height": 1_000_000_000,
    },
    ...{ "max-transaction-time-back-offset": "120m", "max-transaction-time-forward-offset": "90m", "min-asset-info-update-interval": 2 },
    "pre-activated-features": Object.fromEntries(Array.from({ length: 15 }, (_, feature) => [String(feature + 1), 0])),
  },
  genesis: {
    ...{ "average-block-delay": "10s", "initial-base-target": 1240, "initial-balance": 10_000_000_000_000_000, signature: geneses.private },
    ...{ timestamp: 1_566_817_216_027, "block-timestamp": 1_566_817_216_027 },
    transactions: [{ recipient: "3M4qwDomRabJKLZxuXhwfqLApQkU592nWxF", amount: 10_000_000_000_000_000 }],
  },
  rewards: { term: 6, initial: 600_000_000, "min-increment": 50_000_000, "voting-interval": 3 },
};
const miner = { enable: true, quorum: 0, "interval-after-last-block-then-generation-is-allowed": "999d" };
const richSeed = "TBXHUUcVx2n3Rgszpu5MCybRaR86JGmqCWp7XKh7czU57ox5dgjdX4K4";

/** What is not the same on every network. On public ones the wallet is in memory and empty, and the node forges nothing. */
function chainSettings(networkName: string, password: string): object {
  return networkName === "private"
    ? { blockchain: { type: "CUSTOM", custom }, wallet: { file: null, seed: richSeed, password }, miner }
    : { blockchain: { type: networkName.toUpperCase() }, wallet: { file: null, password }, miner: { enable: false } };
}

function daemons(ctx: DaemonContext<Options>): readonly Daemon[] {
  const { network, dataPath, filesPath, memoryMiB } = ctx;
  const settings = {
    ...chainSettings(ctx.networkName, ctx.secret("wallet")),
    directory: dataPath,
    network: {
      "bind-address": "0.0.0.0",
      port: networkPort(network, "p2p"),
      "max-inbound-connections": ctx.options.maxPeers,
      "max-outbound-connections": ctx.options.maxPeers,
      ...(network.kind === "private" ? { "known-peers": [] } : {}),
    },
    // Without a key's hash the private methods are off.
    "rest-api": { enable: true, "bind-address": "0.0.0.0", port: networkPort(network, "rpc"), "minimum-peers": 0 },
  };
  const heap = `-Xmx${Math.floor(memoryMiB * 0.6)}m`;
  return [
    {
      name: "waves",
      client: "waves",
      // The database's native part is unpacked into the temporary directory, and nothing in /tmp may be run.
      command: ["java", heap, `-Djava.io.tmpdir=${dataPath}`, "-jar", "/usr/local/bin/waves.jar", `${filesPath}/waves.json`],
      files: { "waves.json": JSON.stringify({ waves: settings }) },
      ports: ["p2p", "rpc"],
      memoryMiB,
      stopTimeoutSec: 300,
    },
  ];
}

/** The client counts milliseconds. */
const seconds = unixSeconds.transform((ms) => Math.floor(ms / 1000));
const base58 = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{40,90}$/);
const header = z.object({ height: numberHeight, id: base58, timestamp: seconds, signature: base58 });
const status = z.object({ blockchainHeight: numberHeight, stateHeight: numberHeight });
const connected = z.object({ peers: z.array(z.unknown()) });

async function syncCheck(node: NodeClient, { networkName }: SyncContext<Options>): Promise<SyncStatus> {
  const first = await httpAt(node, "rpc", header, "/blocks/headers/at/1");
  requireNetwork("signature of block 1", first.signature, entryOf(geneses, networkName));
  const { blockchainHeight, stateHeight } = await httpAt(node, "rpc", status, "/node/status");
  const { peers } = await httpAt(node, "rpc", connected, "/peers/connected");
  const { height, id, timestamp } = await httpAt(node, "rpc", header, "/blocks/headers/last");
  // The client has no word for a first sync: blocks without their state are all that it shows of one. The age of its tip says the rest.
  const isInitialSync = stateHeight < blockchainHeight;
  const knownHeight = Math.max(height, blockchainHeight);
  return { height, tipHash: id, tipTimeSec: timestamp, knownHeight, peers: peers.length, isInitialSync };
}

const portsWith = (p2p: number): Network["ports"] => ({ p2p: peerPort(p2p), rpc: internalPort(6869, "HTTP API") });
const measure = unmeasured("upstream's only figure is 48 GB of June 2020: measure");
const publicNetwork = { blockIntervalSec: 60, blockArrival: "work", data: measure, tips: [], minimumTips: 2, settledDepth: 100 } as const;

export default defineCoin({
  id: "waves",
  name: "Waves",
  symbol: "WAVES",
  family: "waves",
  clients: {
    waves: {
      sources: {
        upstream: signedArchive({
          url: archives("https://github.com/wavesplatform/Waves/releases/download/v{version}/waves-all-{version}.jar"),
          sha256: { "1.5.7": pendingDigests("no record of upstream's names it, and newer releases are not on record either (2026-11)") },
          signature: { kind: "none", reason: "nothing on record says how upstream signs its releases" },
          binaries: { "waves.jar": "waves-all-{version}.jar" },
        }),
      },
      runtimePackages: ["openjdk-17-jre-headless"],
      runtimePrograms: ["java"],
    },
  },
  networks: {
    mainnet: { kind: "main", ports: portsWith(6868), ...publicNetwork, memoryMiB: 6144, instanceType: "m7i.large" },
    testnet: testNetwork({ ports: portsWith(6863), ...publicNetwork }),
    private: privateNetwork({ ports: portsWith(6860), blockIntervalSec: 10, memoryMiB: 1536, minimumTips: 0, maximumNodes: 1 }),
  },
  options,
  secrets: ["wallet"],
  access: [{ port: "rpc", protocol: "http" }],
  daemons,
  syncCheck,
  blockHash: async (node, height) => (await httpAt(node, "rpc", header, `/blocks/headers/at/${height}`)).id,
  produceBlock: { unsupported: "the client makes blocks by itself on its private network, one in ten seconds" },
  snapshot: noSnapshot(["mainnet", "testnet", "private"], "upstream's has a SHA-1 only, over plain HTTP"),
  keys: "none",
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
