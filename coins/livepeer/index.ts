import { archives, bytesHeight, defineCoin, evmBlockAt, evmBlockHash, evmTip, internalPort, localPort, mainNetwork } from "@coinfleet/sdk";
import { networkPort, noSnapshot, oneClient, pendingDigests, ProbeError, readAnswer, serverPort, signedArchive } from "@coinfleet/sdk";
import { unmeasured } from "@coinfleet/sdk";
import type { Daemon, DaemonContext, EvmEndpoint, NodeClient, SyncStatus } from "@coinfleet/sdk";
import { z } from "zod";

const releases = "https://github.com/livepeer/go-livepeer/releases/download/v{version}";

/** It keeps no chain of its own: it follows Arbitrum One through the node that serves it. */
const arbitrum: EvmEndpoint = { port: serverPort, path: "" };
const chainId = 42_161;

/** A gateway: it buys transcoding, and needs no graphics card. The password opens the account's keystore, which the first start makes. */
function daemons({ network, dataPath, filesPath, memoryMiB, server, secret }: DaemonContext<unknown>): readonly Daemon[] {
  const listen = ["cli", "http", "rtmp"].map((role) => `-${role}Addr=0.0.0.0:${networkPort(network, role)}`);
  const chain = ["-network=arbitrum-one-mainnet", `-ethUrl=${server().url}`, `-ethPassword=${filesPath}/account.token`];
  const command = ["livepeer", "-gateway", "-monitor", `-dataDir=${dataPath}`, ...chain, ...listen];
  const files = { "account.token": secret("account") };
  return [{ name: "livepeer", client: "livepeer", command, files, ports: Object.keys(network.ports), memoryMiB, stopTimeoutSec: 120 }];
}

/** The last block that it has followed, as the node that serves it knows that block; and that node's own tip. */
async function syncCheck(node: NodeClient): Promise<SyncStatus> {
  await node.text("http", "/healthz");
  const seen = await node.bytes("cli", "/currentBlock");
  if (seen.length === 0) throw new ProbeError("starting", "it has followed no block yet");
  const height = readAnswer(bytesHeight, seen, "/currentBlock");
  const served = await evmTip(node, arbitrum, chainId);
  return {
    ...(await evmBlockAt(node, arbitrum, height)),
    knownHeight: Math.max(height, served.height),
    // Its only one is the node that serves it, which has just answered.
    peers: 1,
    // It starts at the tip: what was before does not concern it.
    isInitialSync: false,
  };
}

export default defineCoin({
  id: "livepeer",
  name: "Livepeer",
  symbol: "LPT",
  status: {
    kind: "experimental",
    reason:
      "never run here: whether `/currentBlock` counts Arbitrum's blocks is not on record, so that a node may never be found in sync: docs/livepeer.md",
    since: "2026-11-21",
  },
  family: "livepeer",
  requires: { what: "a node of Arbitrum One", coins: {}, port: "rpc", outside: ["mainnet"], isAsked: true },
  clients: oneClient("livepeer", {
    upstream: signedArchive({
      url: archives(`${releases}/livepeer-linux-{goarch}.tar.gz`),
      sha256: { "0.9.1": pendingDigests("the fingerprint of the key that signs the archives is not known (2026-11)") },
      // Each archive has a signature of its own (livepeer/action-gh-checksum-and-gpg-sign, gpg-sign.bash).
      signature: { kind: "detached", url: "{url}.sig", signers: [], threshold: 1 },
      binaries: { livepeer: "livepeer-linux-{goarch}/livepeer", livepeer_cli: "livepeer-linux-{goarch}/livepeer_cli" },
    }),
  }),
  networks: {
    mainnet: mainNetwork({
      ports: {
        // Whoever reaches it spends the account's money.
        cli: localPort(5935, "operator's API, without a password"),
        http: internalPort(9935, "video over HTTP"),
        rtmp: internalPort(1935, "video over RTMP"),
      },
      // Arbitrum's default (docs.arbitrum.io, sequencer timing adjustments).
      blockIntervalSec: 0.25,
      blockArrival: "slots",
      data: unmeasured("upstream says no more than that a keystore and an SQLite file are small: measure"),
      tips: [],
      // A second node of a group would be a second account, not a copy of the first.
      maximumNodes: 1,
    }),
  },
  options: z.strictObject({}),
  secrets: ["account"],
  access: [
    { port: "http", protocol: "http" },
    { port: "cli", protocol: "http" },
  ],
  keys: {
    what: "the keystore of its Ethereum account, which holds money, and its record of payments: an older copy knows neither what was paid since nor an account that was made since",
  },
  daemons,
  syncCheck,
  blockHash: (node, height) => evmBlockHash(node, arbitrum, height),
  produceBlock: { unsupported: "it makes no blocks: it follows Arbitrum One" },
  snapshot: noSnapshot(["mainnet"], "it holds an account and no chain: an older copy forgets payments, and is never restored"),
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
