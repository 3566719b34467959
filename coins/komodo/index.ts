import { bitcoinPorts, bitcoinRpc, defineCoin, mainNetwork, noSnapshot, numberHeight, oneClient } from "@coinfleet/sdk";
import { pending, privateNetwork, readAnswer, signedArchive, testNetwork, unmeasured } from "@coinfleet/sdk";
import { z } from "zod";

const work = { blockIntervalSec: 60, blockArrival: "work", data: unmeasured("no source with a date: measure") } as const;
const info = z.object({ synced: z.boolean(), longestchain: numberHeight });

const family = bitcoinRpc({
  daemon: "komodod",
  core: 14,
  chains: {
    mainnet: { chain: "main", genesis: "027e3758c3a65b12aa1046462b486d0a63bfa1beae327897f56c5cfb7daaae71" },
    testnet: { chain: "test" },
    regtest: { chain: "regtest" },
  },
});

export default defineCoin({
  id: "komodo",
  name: "Komodo",
  symbol: "KMD",
  ...family,
  // The client looks for Zcash's proving parameters in the home directory.
  daemons: (ctx) => family.daemons(ctx).map((daemon) => ({ ...daemon, environment: { HOME: ctx.dataPath } })),
  async syncCheck(node, ctx) {
    const status = await family.syncCheck(node, ctx);
    const { synced, longestchain } = readAnswer(info, await node.jsonRpc("rpc", "getinfo"), "getinfo");
    // 0 until a peer has said how high it is.
    const isInitialSync = !synced || (longestchain === 0 && ctx.network.kind !== "private");
    return { ...status, knownHeight: Math.max(status.knownHeight, longestchain), isInitialSync };
  },
  clients: oneClient("komodod", {
    upstream: signedArchive({
      url: {
        x86_64: "https://github.com/GLEECBTC/komodo-daemon/releases/download/cd_release_558a174_master/komodo_558a174_master_linux.zip",
      },
      sha256: {
        "0.9.2-2": {
          x86_64: pending(
            "the only archives are prereleases without digests, and the parameters of 1.7 GB have no pinned source: build from the tag",
          ),
        },
      },
      signature: { kind: "none", reason: "no signature of this project's is evidenced" },
      binaries: { komodod: "komodod" },
    }),
  }),
  networks: {
    // No tips: the project's explorer has no evidenced address for the height.
    mainnet: mainNetwork({ ...work, ports: bitcoinPorts(7770, 7771), tips: [], settledDepth: 60 }),
    testnet: testNetwork({ ...work, ports: bitcoinPorts(17770, 17771), settledDepth: 60 }),
    regtest: privateNetwork({ ports: bitcoinPorts(17779, 18232), memoryMiB: 1024 }),
  },
  snapshot: noSnapshot(["mainnet", "testnet", "regtest"], "the only one is from 2019, without a digest"),
  databaseSurvivesDowngrade: false,
  upgrades: [
    {
      name: "season 8",
      network: "mainnet",
      release: "0.9.2",
      at: { height: 4_125_988, expected: "2024-10-04" },
      source: "komodo-daemon's source",
    },
  ],
});
