import { debianPackage, defineCoin, mainNetwork, monero, noSnapshot, oneClient } from "@coinfleet/sdk";
import { peersAndRpc, pending, privateNetwork, signedArchive, testNetwork, zmqPort } from "@coinfleet/sdk";

const work = { blockIntervalSec: 120, blockArrival: "work", tips: [], minimumTips: 2 } as const; // DIFFICULTY_TARGET_V2

export default defineCoin({
  id: "monero",
  name: "Monero",
  symbol: "XMR",
  ...monero({
    stopTimeoutSec: 300,
    // The project's own donation address: valid on private networks too, where nothing that it gets has value.
    miningAddress: "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
    chains: {
      mainnet: { nettype: "mainnet", genesis: "418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e3" },
      stagenet: {
        nettype: "stagenet",
        genesis: "76ee3cc98646292206cd3e86f74d88b4dcc1d937088645e9b0cbca84b7ce74eb",
        settings: { stagenet: "1" },
      },
      regtest: { nettype: "fakechain", settings: { regtest: "1", "keep-fakechain": "1", "fixed-difficulty": "1" } },
    },
  }),
  clients: oneClient("monerod", {
    upstream: signedArchive({
      url: {
        x86_64: "https://downloads.getmonero.org/cli/monero-linux-x64-v{version}.tar.bz2",
        arm64: "https://downloads.getmonero.org/cli/monero-linux-armv8-v{version}.tar.bz2",
      },
      sha256: {
        // From upstream's signed hashes.txt, which four gitian builders confirm.
        "0.18.5.1": {
          x86_64: "22a7dda7b0cb699fdd6b7674c3b4a4465b337cc98a54983523b759e1e7cc9958",
          arm64: "c0caf042cb7c7b760f5ad6be188084b59352440b32990a78b8051497b9398dbc",
        },
      },
      signature: {
        kind: "sums",
        sums: "https://www.getmonero.org/downloads/hashes.txt",
        signature: "inline",
        signers: [{ name: "binaryFate", fingerprint: "81AC591FE9C4B65C5806AFC3F0AF4D462A0BDF92" }],
        threshold: 1,
      },
      binaries: { monerod: "monero-{machine}-linux-gnu-v{version}/monerod" },
    }),
    debian: debianPackage("monero", { "0.18.0.0": "0.18.0.0+~0+20200826-1+deb12u1" }, { monerod: "/usr/bin/monerod" }),
  }),
  networks: {
    mainnet: mainNetwork({
      ports: { ...peersAndRpc(18080, 18081), zmq: zmqPort(18083) },
      ...work,
      data: { sizeGiB: 225, growthGiBPerYear: pending("no source"), source: "monero-project/monero-site (2024: provision 400 and more)" },
      settledDepth: 10,
    }),
    stagenet: testNetwork({ ports: { ...peersAndRpc(38080, 38081), zmq: zmqPort(38083) }, ...work }),
    // Making a block takes the proof of work's 256 MiB scratchpad, and verifying as much again.
    regtest: privateNetwork({ ports: { ...peersAndRpc(18080, 18081), zmq: zmqPort(18083) }, memoryMiB: 1024 }),
  },
  snapshot: noSnapshot(["mainnet", "stagenet", "regtest"], "blockchain.raw has no checksum and upstream discourages it"),
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
