import avalanche from "@coinfleet/coin-avalanche";
import bnb from "@coinfleet/coin-bnb";
import cardano from "@coinfleet/coin-cardano";
import decred from "@coinfleet/coin-decred";
import ethereum from "@coinfleet/coin-ethereum";
import ethereumClassic from "@coinfleet/coin-ethereum-classic";
import kusama from "@coinfleet/coin-kusama";
import litecoin from "@coinfleet/coin-litecoin";
import monero from "@coinfleet/coin-monero";
import nem from "@coinfleet/coin-nem";
import polkadot from "@coinfleet/coin-polkadot";
import symbol from "@coinfleet/coin-symbol";
import tezos from "@coinfleet/coin-tezos";
import waves from "@coinfleet/coin-waves";
import type { CoinRegistry } from "@coinfleet/sdk";

/** Every coin that a stack file may name, by id. */
export const coins: CoinRegistry = {
  avalanche,
  bnb,
  cardano,
  decred,
  ethereum,
  "ethereum-classic": ethereumClassic,
  kusama,
  litecoin,
  monero,
  nem,
  polkadot,
  symbol,
  tezos,
  waves,
};
