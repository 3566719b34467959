import { z } from "zod";
import { defineCoin, type Coin } from "./coin.ts";
import { bitcoinRpc } from "./families/bitcoin-rpc.ts";
import { noSnapshot, privateNetwork } from "./network-defaults.ts";
import { peersAndRpc } from "./network-port.ts";
import type { CoinRegistry } from "./resolve.ts";

// Checked by the type checker alone: a line below an expected error that is none fails the build.

const regtest = privateNetwork({ ports: peersAndRpc(1025, 1026), memoryMiB: 256 });
const family = bitcoinRpc({ daemon: "oakd", chains: { regtest: { chain: "regtest" } } });
const rest = { id: "oak", name: "Oak", symbol: "OAK", clients: {}, keys: "none", databaseSurvivesDowngrade: false, upgrades: [] } as const;

export const good = defineCoin({ ...rest, ...family, networks: { regtest }, snapshot: noSnapshot(["regtest"], "invented") });

// The names of the networks are known to the type.
export const network = good.networks.regtest;
// @ts-expect-error a network that the coin does not have
export const other: unknown = good.networks.mainnet;

// @ts-expect-error a network without a snapshot entry
defineCoin({ ...rest, ...family, networks: { regtest, mainnet: regtest }, snapshot: noSnapshot(["regtest"], "invented") });

// @ts-expect-error a key that is no part of a coin
defineCoin({ ...rest, ...family, networks: { regtest }, snapshot: noSnapshot(["regtest"], "invented"), colour: "green" });

// @ts-expect-error a chain name that the client does not know
bitcoinRpc({ daemon: "oakd", chains: { regtest: { chain: "regnet" } } });

// @ts-expect-error a port's exposure is one of three words
privateNetwork({ ports: { p2p: { port: 1, protocol: "tcp", exposure: "world", description: "" } }, memoryMiB: 256 });

// The options' type reaches the functions.
defineCoin({
  ...rest,
  family: "none",
  networks: { regtest },
  snapshot: noSnapshot(["regtest"], "invented"),
  secrets: [],
  access: [],
  syncCheck: () => Promise.reject(new Error("not asked here")),
  blockHash: () => Promise.reject(new Error("not asked here")),
  produceBlock: { unsupported: "invented" },
  options: z.strictObject({ depth: z.int() }),
  daemons: ({ options }) => {
    // @ts-expect-error an option that the schema does not have
    return options.height === 1 ? [] : [];
  },
});

// Coins of different networks and options live in one registry.
export const registry: CoinRegistry = { oak: good };
export const plain: Coin = good;
