import { archives, blockbook, blockchair, defineCoin, goModule, lnd, lndPorts, mainNetwork, noSnapshot, oneClient } from "@coinfleet/sdk";
import { pendingDigests, privateNetwork, signedArchive, testNetwork } from "@coinfleet/sdk";

const releases = "https://github.com/lightningnetwork/lnd/releases/download/v{version}";
const work = {
  blockIntervalSec: 600,
  blockArrival: "work",
  ports: lndPorts,
  data: { sizeGiB: 20, growthGiBPerYear: 20, source: "an allowance: nobody has published figures, and the channels decide" },
  // A second node of a group would be a second wallet, not a copy of the first.
  maximumNodes: 1,
} as const;
const sameNetwork = { mainnet: "mainnet", testnet4: "testnet4", signet: "signet", regtest: "regtest" } as const;

export default defineCoin({
  id: "lightning",
  name: "Lightning",
  symbol: "BTCLN",
  ...lnd({ chains: sameNetwork, stopTimeoutSec: 300 }),
  requires: { what: "a bitcoind of the same network", coins: { bitcoin: sameNetwork }, port: "rpc", secret: "rpc" },
  clients: oneClient("lnd", {
    upstream: signedArchive({
      url: archives(`${releases}/lnd-linux-{goarch}-v{version}.tar.gz`),
      sha256: { "0.21.2-beta": pendingDigests("nobody here has seen its signed manifest yet") },
      // roasbeef's subkeys in upstream's repository expired on 2026-10-29: a refreshed copy is needed, an expired one does not count.
      signature: {
        kind: "sums",
        sums: `${releases}/manifest-v{version}.txt`,
        signature: `${releases}/manifest-{signer}-v{version}.sig`,
        signers: [
          { name: "roasbeef", fingerprint: "A5B61896952D9FDA83BC054CDC42612E89237182" },
          { name: "guggero", fingerprint: "F4FC70F07310028424EFC20A8E4256593F177720" },
          { name: "bhandras", fingerprint: "9FC6B0BFD597A94DBF09708280E5375C094198D8" },
          { name: "yyforyongyu", fingerprint: "E85497D2DBA0EB9ADB0024279BCD95C4FF296868" },
          { name: "ziggie1984", fingerprint: "5F75437E11695F86D50C11BB1AFF9C4DCED6D666" },
          { name: "ellemouton", fingerprint: "26984CB69EB8C4A26196F7A4D7D916376026F177" },
        ],
        // As upstream's own verify-install.sh.
        threshold: 5,
      },
      binaries: { lnd: "lnd-linux-{goarch}-v{version}/lnd", lncli: "lnd-linux-{goarch}-v{version}/lncli" },
    }),
    go: goModule({
      module: "github.com/lightningnetwork/lnd",
      packages: { "github.com/lightningnetwork/lnd/cmd/lnd": "lnd", "github.com/lightningnetwork/lnd/cmd/lncli": "lncli" },
      sums: { "0.21.2-beta": "h1:fVG+rDlVPSKAGxfq0hMHXbS6f7KXKQIHhZ4SWMlVa18=" },
      tags: ["chainrpc"],
      replace: {
        "github.com/ulikunitz/xz": "github.com/ulikunitz/xz v0.5.11",
        "github.com/gogo/protobuf": "github.com/gogo/protobuf v1.3.2",
        "google.golang.org/protobuf": "github.com/lightninglabs/protobuf-go-hex-display v1.33.0-hex-display",
      },
    }),
  }),
  networks: {
    mainnet: mainNetwork({ ...work, tips: [blockchair("bitcoin"), blockbook("btc1.trezor.io")] }),
    testnet4: testNetwork(work),
    signet: testNetwork(work),
    regtest: privateNetwork({ ports: lndPorts, memoryMiB: 512, maximumNodes: 1 }),
  },
  snapshot: noSnapshot(["mainnet", "testnet4", "signet", "regtest"], "old channel states forfeit money: never restored, in no way"),
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
