import algorand from "@coinfleet/coin-algorand";
import avalanche from "@coinfleet/coin-avalanche";
import bitcoin from "@coinfleet/coin-bitcoin";
import bitcoinCash from "@coinfleet/coin-bitcoin-cash";
import bitcoinGold from "@coinfleet/coin-bitcoin-gold";
import bnb from "@coinfleet/coin-bnb";
import cardano from "@coinfleet/coin-cardano";
import cosmos from "@coinfleet/coin-cosmos";
import dash from "@coinfleet/coin-dash";
import decred from "@coinfleet/coin-decred";
import digibyte from "@coinfleet/coin-digibyte";
import dogecoin from "@coinfleet/coin-dogecoin";
import eos from "@coinfleet/coin-eos";
import eosCryptokylin from "@coinfleet/coin-eos-cryptokylin";
import ethereum from "@coinfleet/coin-ethereum";
import ethereumClassic from "@coinfleet/coin-ethereum-classic";
import factom from "@coinfleet/coin-factom";
import filecoin from "@coinfleet/coin-filecoin";
import iota from "@coinfleet/coin-iota";
import iris from "@coinfleet/coin-iris";
import komodo from "@coinfleet/coin-komodo";
import kusama from "@coinfleet/coin-kusama";
import lightning from "@coinfleet/coin-lightning";
import litecoin from "@coinfleet/coin-litecoin";
import livepeer from "@coinfleet/coin-livepeer";
import monero from "@coinfleet/coin-monero";
import near from "@coinfleet/coin-near";
import nem from "@coinfleet/coin-nem";
import osmosis from "@coinfleet/coin-osmosis";
import polkadot from "@coinfleet/coin-polkadot";
import polygon from "@coinfleet/coin-polygon";
import ravencoin from "@coinfleet/coin-ravencoin";
import ripple from "@coinfleet/coin-ripple";
import solana from "@coinfleet/coin-solana";
import stellar from "@coinfleet/coin-stellar";
import symbol from "@coinfleet/coin-symbol";
import terra from "@coinfleet/coin-terra";
import terraClassic from "@coinfleet/coin-terra-classic";
import tezos from "@coinfleet/coin-tezos";
import tron from "@coinfleet/coin-tron";
import waves from "@coinfleet/coin-waves";
import zcash from "@coinfleet/coin-zcash";
import type { CoinRegistry } from "@coinfleet/sdk";

/** Every coin that a stack file may name, by id. */
export const coins: CoinRegistry = {
  algorand,
  avalanche,
  bitcoin,
  "bitcoin-cash": bitcoinCash,
  "bitcoin-gold": bitcoinGold,
  bnb,
  cardano,
  cosmos,
  dash,
  decred,
  digibyte,
  dogecoin,
  eos,
  "eos-cryptokylin": eosCryptokylin,
  ethereum,
  "ethereum-classic": ethereumClassic,
  factom,
  filecoin,
  iota,
  iris,
  komodo,
  kusama,
  lightning,
  litecoin,
  livepeer,
  monero,
  near,
  nem,
  osmosis,
  polkadot,
  polygon,
  ravencoin,
  ripple,
  solana,
  stellar,
  symbol,
  terra,
  "terra-classic": terraClassic,
  tezos,
  tron,
  waves,
  zcash,
};
