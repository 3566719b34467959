import type { Coin } from "@coinfleet/sdk";
import { coins } from "../../../coins/index.ts";
import { choose } from "./choose.ts";

/** A registered coin. @throws CoinToolError `UnknownName` with the nearest one */
export function findCoin(id: string): Coin {
  return choose("coin", coins, id, false)[1];
}
