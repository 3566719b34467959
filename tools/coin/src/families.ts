import { todo, type Answers, type Family, type Sketch } from "./family.ts";

const genesisOf = ({ genesis }: Answers, network = "main"): string =>
  genesis === undefined || network !== "main" ? todo(`hash of block 0 of the ${network} network`) : JSON.stringify(genesis);

const stopTime = "stopTimeoutSec: 300, // TODO: how long a clean stop takes, measured";

/** Main networks whose blocks come by work: how deep a block must lie to be settled is each coin's own. */
const byWork = (ports: string, { blockIntervalSec }: Answers): readonly string[] => [
  `ports: ${ports},`,
  `blockIntervalSec: ${blockIntervalSec},`,
  'blockArrival: "work",',
  "minimumTips: 2,",
  "settledDepth: 6, // TODO: the depth at which exchanges take a block for settled",
];

/** Where an archive of upstream's is from, and who signs it, for the client `name`. */
const archive = (name: string, { id, release, url }: Answers): string => `oneClient(${JSON.stringify(name)}, {
    upstream: signedArchive({
      url: archives(${url === undefined ? todo(`address of ${name}'s archive, with {version} and {machine} or {goarch} in it`) : JSON.stringify(url)}),
      sha256: { "${release}": pendingDigests("nobody has verified them yet: npm run coin -- bump ${id} ${release.startsWith("TODO") ? "<version>" : release}") },
      signature: signedBy({ name: ${todo(`who signs ${name}'s releases`)}, fingerprint: ${todo("the signer's full fingerprint, from two independent places")} }),
      binaries: { ${JSON.stringify(name)}: ${todo(`path of ${name} in the archive`)} },
    }),
  })`;

const noSnapshot = (privateName: string): string =>
  `noSnapshot(["mainnet", "${privateName}"], ${todo("why there is none, or where an empty volume gets its data")})`;

/** A coin with one client, a port for peers and one for RPC, and a chain by work. */
function plain(answers: Answers, family: string, privateName: string, memoryMiB: number, ports = "peersAndRpc"): Sketch {
  const { client, p2p, rpc } = answers;
  return {
    family,
    clients: archive(client, answers),
    main: byWork(`${ports}(${p2p}, ${rpc})`, answers),
    private: {
      name: privateName,
      network: `privateNetwork({ ports: ${ports}(${p2p + 10_000}, ${rpc + 10_000}), memoryMiB: ${memoryMiB} })`,
    },
    snapshot: noSnapshot(privateName),
  };
}

const antelope: Family = {
  about: "nodeos: EOS and its like",
  // Release and source are those of the SDK's `spring`.
  fixed: { client: "nodeos", release: "spring", p2p: 9876, rpc: 8888, blockIntervalSec: 0.5 },
  optional: [],
  sketch: () => ({
    family: `antelope({
      chains: {
        mainnet: {
          chainId: ${todo("chain id of the main network")},
          genesis: { timestamp: ${todo("time of the main network's first state")}, key: ${todo("key in the main network's first state")} },
          peers: [${todo("<host>:<port> of a peer of the main network")}],
        },
        local: antelopeLocal,
      },
    })`,
    clients: 'oneClient("nodeos", spring)',
    main: ["...antelopeSlots,"],
    private: {
      name: "local",
      network: "privateNetwork({ ...antelopeSlots, ports: antelopePorts, memoryMiB: 1024, minimumTips: 1 })",
    },
    snapshot: noSnapshot("local"),
    saysDowngrade: true,
  }),
};

const bitcoinRpc: Family = {
  about: "Bitcoin Core and its descendants",
  fixed: {},
  optional: ["url", "genesis"],
  sketch: (answers) =>
    plain(
      answers,
      `bitcoinRpc({
      daemon: "${answers.client}",
      chains: { mainnet: { chain: "main", genesis: ${genesisOf(answers)} }, regtest: { chain: "regtest" } },
    })`,
      "regtest",
      512,
      "bitcoinPorts",
    ),
};

const btcdRpc: Family = {
  about: "btcd, dcrd and their descendants",
  fixed: {},
  optional: ["url", "genesis"],
  sketch: (answers) =>
    plain(
      answers,
      `btcdRpc({
      daemon: "${answers.client}",
      ${stopTime}
      chains: {
        mainnet: { chain: "mainnet", genesis: ${genesisOf(answers)} },
        simnet: { chain: "simnet", genesis: ${genesisOf(answers, "private")}, settings: { simnet: "1" } },
      },
    })`,
      "simnet",
      512,
    ),
};

/** An execution client alone, or two clients, of which the consensus client leads. */
const evm: Family = {
  about: "Ethereum's execution clients, alone or led by a consensus client",
  fixed: { p2p: 30_303, rpc: 8545 },
  optional: ["url", "genesis", "consensus"],
  sketch: (answers) => {
    const { client, consensus, blockIntervalSec } = answers;
    const leader = `consensus: { network: ${todo("what the consensus client calls the main network")}, checkpointUrl: ${todo("where the consensus client gets its first finalised state from")} },`;
    return {
      family: `${consensus === undefined ? "evmAlone" : "evm"}({
      execution: "${client}",
      ${consensus === undefined ? "" : `consensus: "${consensus}",`}
      chains: {
        mainnet: {
          chainId: 0, // TODO: chain id of the main network
          genesis: ${genesisOf(answers)},
          flags: [${todo(`switch of ${client} that chooses the main network`)}],
          ${consensus === undefined ? "" : leader}
        },
        dev: { chainId: 1337, flags: ["--dev"] },
      },
    })`,
      clients: consensus === undefined ? archive(client, answers) : `{ ...${archive(client, answers)}, ...${leading(consensus, answers)} }`,
      main: [
        `ports: ${consensus === undefined ? "executionPorts" : "ledExecutionPorts"},`,
        `blockIntervalSec: ${blockIntervalSec},`,
        'blockArrival: "slots", // TODO: whether blocks come on time: else it is work',
        "minimumTips: 2,",
        "settledDepth: 64, // TODO: the depth at which exchanges take a block for settled",
      ],
      private: { name: "dev", network: "evmDevNetwork" },
      snapshot: noSnapshot("dev"),
    };
  },
};

const leading = (consensus: string, answers: Answers): string =>
  archive(consensus, { ...answers, url: undefined, release: `TODO: release of ${consensus}` });

const lnd: Family = {
  about: "lnd on a bitcoind of another group",
  fixed: { client: "lnd", p2p: 9735, rpc: 8080 },
  optional: ["url"],
  sketch: (answers) => ({
    above: 'const sameNetwork = { mainnet: "mainnet", regtest: "regtest" } as const;',
    family: `lnd({ chains: sameNetwork, ${stopTime}
    })`,
    clients: archive("lnd", answers),
    main: [
      ...byWork("lndPorts", answers),
      // A second node of a group would be a second wallet, not a copy of the first.
      "maximumNodes: 1,",
    ],
    private: { name: "regtest", network: "privateNetwork({ ports: lndPorts, memoryMiB: 512, maximumNodes: 1 })" },
    snapshot: 'noSnapshot(["mainnet", "regtest"], "old channel states forfeit money: never restored")',
    more: `requires: { what: "a bitcoind of the same network", coins: { ${todo("id of the coin whose groups serve it")}: sameNetwork }, port: "rpc", secret: "rpc" },`,
  }),
};

const monero: Family = {
  about: "monerod and its descendants",
  fixed: { client: "monerod" },
  optional: ["url", "genesis"],
  sketch: (answers) =>
    plain(
      answers,
      `monero({
      ${stopTime}
      miningAddress: ${todo("an address that is valid on the private network")},
      chains: {
        mainnet: { nettype: "mainnet", genesis: ${genesisOf(answers)} },
        regtest: { nettype: "fakechain", settings: { regtest: "1", "keep-fakechain": "1", "fixed-difficulty": "1" } },
      },
    })`,
      "regtest",
      1024,
    ),
};

const substrate: Family = {
  about: "Substrate's nodes: Polkadot and its like",
  fixed: { p2p: 30_333, rpc: 9944 },
  optional: ["url", "genesis"],
  sketch: (answers) => ({
    family: `substrate({
      mainnet: { client: "${answers.client}", chain: ${todo("name of the main network's specification, which the client carries")}, genesis: ${genesisOf(answers)} },
      dev: { client: "${answers.client}", chain: "dev" },
    })`,
    clients: `substrateClients({
      version: "${answers.release}",
      sha256: { "${answers.release}": {} },
      from: ${answers.url === undefined ? todo("folder of the bare binaries, with {version} in it") : JSON.stringify(answers.url)},
      clients: { "${answers.client}": [] }, // TODO: the other binaries that it starts
      signer: { name: ${todo(`who signs ${answers.client}'s releases`)}, fingerprint: ${todo("the signer's full fingerprint, from two independent places")} },
    })`,
    main: [
      "ports: substratePorts,",
      `blockIntervalSec: ${answers.blockIntervalSec},`,
      'blockArrival: "slots",',
      "minimumTips: 2,",
      "settledDepth: 32, // TODO: the depth at which exchanges take a block for settled",
    ],
    private: {
      name: "dev",
      network: `privateNetwork({ ports: substratePorts, blockIntervalSec: 6, blockArrival: "slots", memoryMiB: 2048, minimumTips: 0, maximumNodes: 1 })`,
    },
    snapshot: `{
      mainnet: { kind: "client", how: "warp sync: finality proofs, then the state of the latest finalized block" },
      dev: { kind: "none", reason: "a private network starts empty" },
    }`,
  }),
};

const tendermint: Family = {
  about: "Chains of the Cosmos SDK, on CometBFT",
  fixed: { p2p: 26_656, rpc: 26_657 },
  optional: ["url"],
  sketch: (answers) => ({
    family: `tendermint({
      daemon: "${answers.client}",
      minimumGasPrices: ${todo("fee below which the node passes no transaction on, and who says so")},
      chains: {
        mainnet: { chainId: ${todo("chain id of the main network")}, seeds: [${todo("<node id>@<host>:<port> of a seed of the main network")}] },
        kvstore: kvstoreChain,
      },
    })`,
    clients: `{
      ...${archive(answers.client, answers)},
      ...cometbft["0.38"], // TODO: the minor release of CometBFT that ${answers.client} is built on
    }`,
    main: [`...finalSlots(${answers.blockIntervalSec}),`, `assets: genesisAt(${todo("address of the main network's genesis file")}),`],
    private: { name: "kvstore", network: "kvstoreNetwork" },
    snapshot: '{ mainnet: stateSync, kvstore: { kind: "none", reason: "a private network starts empty" } }',
    saysDowngrade: true,
  }),
};

const zebra: Family = {
  about: "zebrad: Zcash",
  fixed: { client: "zebrad" },
  optional: ["url", "genesis"],
  sketch: (answers) =>
    plain(
      answers,
      `zebra({
      ${stopTime}
      miningAddress: ${todo("an address that is valid on the private network")},
      chains: {
        mainnet: { network: "Mainnet", genesis: ${genesisOf(answers)} },
        regtest: { network: "Regtest", genesis: ${genesisOf(answers, "private")} },
      },
    })`,
      "regtest",
      1024,
    ),
};

/** The families that `new` knows, by the name that coins give in `family`: all that the SDK has. */
export const families: Readonly<Record<string, Family>> = {
  antelope,
  "bitcoin-rpc": bitcoinRpc,
  "btcd-rpc": btcdRpc,
  evm,
  lnd,
  monero,
  substrate,
  tendermint,
  zebra,
};
