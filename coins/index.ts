import algorand from "@coinfleet/coin-algorand";
import avalanche from "@coinfleet/coin-avalanche";
import bnb from "@coinfleet/coin-bnb";
import cardano from "@coinfleet/coin-cardano";
import cosmos from "@coinfleet/coin-cosmos";
import decred from "@coinfleet/coin-decred";
import eos from "@coinfleet/coin-eos";
import eosCryptokylin from "@coinfleet/coin-eos-cryptokylin";
import ethereum from "@coinfleet/coin-ethereum";
import ethereumClassic from "@coinfleet/coin-ethereum-classic";
import factom from "@coinfleet/coin-factom";
import iota from "@coinfleet/coin-iota";
import iris from "@coinfleet/coin-iris";
import kusama from "@coinfleet/coin-kusama";
import litecoin from "@coinfleet/coin-litecoin";
import monero from "@coinfleet/coin-monero";
import nem from "@coinfleet/coin-nem";
import osmosis from "@coinfleet/coin-osmosis";
import polkadot from "@coinfleet/coin-polkadot";
import symbol from "@coinfleet/coin-symbol";
import terra from "@coinfleet/coin-terra";
import terraClassic from "@coinfleet/coin-terra-classic";
import tezos from "@coinfleet/coin-tezos";
import waves from "@coinfleet/coin-waves";
import type { CoinRegistry } from "@coinfleet/sdk";

/** Every coin that a stack file may name, by id. */
export const coins: CoinRegistry = {
  algorand,
  avalanche,
  bnb,
  cardano,
  cosmos,
  decred,
  eos,
  "eos-cryptokylin": eosCryptokylin,
  ethereum,
  "ethereum-classic": ethereumClassic,
  factom,
  iota,
  iris,
  kusama,
  litecoin,
  monero,
  nem,
  osmosis,
  polkadot,
  symbol,
  terra,
  "terra-classic": terraClassic,
  tezos,
  waves,
};
