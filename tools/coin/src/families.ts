/** What an author answers before anything is written. Undefined: still to be found out. */
export interface Answers {
  readonly id: string;
  readonly name: string;
  readonly symbol: string;
  /** Name of the client's binary. */
  readonly client: string;
  readonly release: string;
  readonly p2p: number;
  readonly rpc: number;
  readonly blockIntervalSec: number;
  readonly memoryMib: number;
  readonly url?: string | undefined;
  readonly genesis?: string | undefined;
}

/** How a coin of a family begins. */
export interface Family {
  /** What the clients of the family are, for the list of families. */
  readonly about: string;
  /** Function of the SDK that gives the family's fields. */
  readonly call: string;
  /** The network for tests. */
  readonly privateNetwork: string;
  readonly fields: (answers: Answers) => string;
}

/** A value that is still to be found out. The conformance suite finds it by its first word. */
export const todo = (what: string): string => JSON.stringify(`TODO: ${what}`);

const genesisOf = ({ genesis }: Answers): string =>
  genesis === undefined ? todo("hash of block 0 of the main network") : JSON.stringify(genesis);

/** The families that `new` knows, by the name that coins give in `family`. */
export const families: Readonly<Record<string, Family>> = {
  "bitcoin-rpc": {
    about: "Bitcoin Core and its descendants",
    call: "bitcoinRpc",
    privateNetwork: "regtest",
    fields: (answers) => `
      daemon: "${answers.client}",
      chains: { mainnet: { chain: "main", genesis: ${genesisOf(answers)} }, regtest: { chain: "regtest" } },`,
  },
  "btcd-rpc": {
    about: "btcd, dcrd and their descendants",
    call: "btcdRpc",
    privateNetwork: "simnet",
    fields: (answers) => `
      daemon: "${answers.client}",
      stopTimeoutSec: 300, // TODO: measure how long a clean stop takes
      chains: {
        mainnet: { chain: "mainnet", genesis: ${genesisOf(answers)} },
        simnet: { chain: "simnet", genesis: ${todo("hash of block 0 of the private network")}, settings: { simnet: "1" } },
      },`,
  },
  monero: {
    about: "monerod and its descendants",
    call: "monero",
    privateNetwork: "regtest",
    fields: (answers) => `
      stopTimeoutSec: 300, // TODO: measure how long a clean stop takes
      miningAddress: ${todo("an address that is valid on the private network")},
      chains: {
        mainnet: { nettype: "mainnet", genesis: ${genesisOf(answers)} },
        regtest: { nettype: "fakechain", settings: { regtest: "1", "keep-fakechain": "1", "fixed-difficulty": "1" } },
      },`,
  },
};
