import avalanche from "@coinfleet/coin-avalanche";
import decred from "@coinfleet/coin-decred";
import ethereum from "@coinfleet/coin-ethereum";
import litecoin from "@coinfleet/coin-litecoin";
import monero from "@coinfleet/coin-monero";
import type { CoinRegistry } from "@coinfleet/sdk";

/** Every coin that a stack file may name, by id. */
export const coins: CoinRegistry = { avalanche, decred, ethereum, litecoin, monero };
