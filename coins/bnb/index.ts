import { blockbook, defineCoin, evmAlone, executionPorts, noSnapshot } from "@coinfleet/sdk";
import { goModule, oneClient, pending, signedArchive, testNetwork, type EvmChain } from "@coinfleet/sdk";

// consensus/parlia since Fermi: 0.45 s.
const slots = { ports: executionPorts, blockIntervalSec: 0.45, blockArrival: "slots", minimumTips: 2, settledDepth: 128 } as const;
const notes = "bnb-chain/bsc v1.7.8 params/config.go";

/** With the switches of upstream's own nodes, which keep 1,152,000 blocks of history. There is no private network: this client has no `--dev`. */
const chain = (chainId: number, name: string, genesis: string): EvmChain => {
  const history = ["--history.transactions=1152000", "--history.blocks=1152000", "--history.logs.disable"];
  return { chainId, genesis, flags: [`--${name}`, "--syncmode=full", "--db.engine=pebble", "--tries-verify-mode=local", ...history] };
};

export default defineCoin({
  id: "bnb",
  name: "BNB Smart Chain",
  symbol: "BNB",
  ...evmAlone({
    execution: "geth",
    chains: {
      mainnet: chain(56, "mainnet", "0x0d21840abff46b96c84b2ac9e10e4f5cdaeb5693cb665db62a2f3b02d2d57b5b"),
      chapel: chain(97, "chapel", "0x6d3c66c5357ec91d5c43af47e234a939b22557cbb552dc45bebbceeed90fbe34"),
    },
  }),
  clients: oneClient("geth", {
    upstream: signedArchive({
      url: {
        x86_64: "https://github.com/bnb-chain/bsc/releases/download/v{version}/geth_linux",
        arm64: "https://github.com/bnb-chain/bsc/releases/download/v{version}/geth-linux-arm64",
      },
      sha256: {
        "1.7.8": {
          x86_64: "28466c6b6b279e2026ddcfea09ddadd920d2bcf02efab3c854e4bb0d5a3ae534",
          arm64: "f4ec049dc50297405cdf68efcd0d9b1da444514b6a5d4b982f7346de56ed9636",
        },
      },
      signature: { kind: "none", reason: "upstream lists SHA-256 digests in its release notes and signs nothing" },
      binaries: { geth: "{file}" },
    }),
    go: goModule({
      module: "github.com/ethereum/go-ethereum",
      publishedAs: "github.com/bnb-chain/bsc",
      cgo: true,
      packages: { "github.com/ethereum/go-ethereum/cmd/geth": "geth" },
      sums: { "1.7.8": "h1:vvVjjqU48CytIlP8xpVdXVJjf0EGvCfjgKacXk4QoDs=" },
      replace: {
        "github.com/cometbft/cometbft": "github.com/bnb-chain/greenfield-cometbft v1.3.2",
        "github.com/tendermint/tendermint": "github.com/bnb-chain/tendermint v0.31.17",
      },
    }),
  }),
  networks: {
    mainnet: {
      ...{ kind: "main", ...slots, tips: [blockbook("bsc1.trezor.io")], memoryMiB: 61_440, instanceType: "m7i.4xlarge" },
      data: { sizeGiB: 3000, growthGiBPerYear: pending("no source says"), source: "aws-samples/aws-blockchain-node-runners (2026-08)" },
      // Upstream's IOPS; the throughput that goes with them is our choice.
      volume: { iops: 10_000, throughputMiBPerSec: 500 },
    },
    chapel: testNetwork({ ...slots, memoryMiB: 30_720, instanceType: "r7i.xlarge" }),
  },
  snapshot: noSnapshot(["mainnet", "chapel"], "upstream's archive has MD5 sums only: name one of your own under `restore`"),
  databaseSurvivesDowngrade: false,
  upgrades: [
    { name: "Pasteur", network: "chapel", release: "1.7.7", at: { date: "2026-07-21" }, source: notes },
    { name: "Pasteur", network: "mainnet", release: "1.7.7", at: { date: "2026-08-25" }, source: notes },
  ],
});
