import type { Coin, NodeClient, SyncContext } from "@coinfleet/sdk";
import { describeError, type Log } from "./log.ts";

/** What {@link startMiner} is given. */
export interface MinerOptions {
  readonly coin: Coin;
  readonly client: NodeClient;
  readonly context: SyncContext<unknown>;
  readonly everySec: number;
  readonly log: Log;
}

/** Makes blocks on a private network, one after the other. Returns what stops it. @throws Error on any other network: there it would be mining for real. */
export function startMiner({ coin, client, context, everySec, log }: MinerOptions): () => void {
  const { produceBlock } = coin;
  if (context.network.kind !== "private")
    throw new Error(`blockEverySec is set, but ${context.networkName} of ${coin.id} is no private network`);
  if (typeof produceBlock !== "function")
    throw new Error(`blockEverySec is set, but ${coin.id} cannot make blocks: ${produceBlock.unsupported}`);
  let failures = 0;
  let isBusy = false;
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    produceBlock(client, context)
      .then(() => {
        failures = 0;
      })
      .catch((error: unknown) => {
        failures++;
        if (failures % 60 === 1) log.warn("no block was made", { why: describeError(error), failures });
      })
      .finally(() => {
        isBusy = false;
      });
  }, everySec * 1000);
  return () => {
    clearInterval(timer);
  };
}
