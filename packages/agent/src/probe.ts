import { setTimeout as pause } from "node:timers/promises";
import type { Coin, NodeClient, SettledBlock, SyncContext, SyncStatus } from "@coinfleet/sdk";
import { ProbeError } from "@coinfleet/sdk";
import { describeError } from "./log.ts";
import { checkpoints } from "./settled-blocks.ts";

/** What the node said about itself. */
export type ProbeResult = { readonly status: SyncStatus; readonly settled: readonly SettledBlock[] } | { readonly problem: string };

/** One sync check, with an end in time. Never throws. */
export async function probe(coin: Coin, client: NodeClient, context: SyncContext<unknown>, timeoutMs: number): Promise<ProbeResult> {
  const ended = new AbortController();
  const late = { problem: `timeout: the sync check did not end in ${timeoutMs} ms` };
  try {
    return await Promise.race([check(coin, client, context), pause(timeoutMs, late, { signal: ended.signal })]);
  } catch (error) {
    return { problem: error instanceof ProbeError ? `${error.failure}: ${error.message}` : describeError(error) };
  } finally {
    ended.abort();
  }
}

async function check(coin: Coin, client: NodeClient, context: SyncContext<unknown>): Promise<ProbeResult> {
  const status = await coin.syncCheck(client, context);
  const impossible = implausible(status);
  if (impossible !== undefined) return { problem: `malformed: ${impossible}` };
  return { status, settled: await settledBlocks(coin, client, context, status) };
}

/** A coin's module may be wrong; what it says is checked where it comes in. */
function implausible({ height, knownHeight, tipTimeSec, peers, tipHash }: SyncStatus): string | undefined {
  if (![height, knownHeight, peers].every((one) => Number.isSafeInteger(one) && one >= 0))
    return "a height or the number of peers is no number";
  // The first block of some chains has the time 0; any other block without a time is nonsense.
  if (!Number.isFinite(tipTimeSec) || tipTimeSec < (height === 0 ? 0 : 1)) return "the best block has no time";
  if (knownHeight < height) return `known height ${knownHeight} is below height ${height}`;
  if (tipHash === "") return "the best block has no hash";
  return undefined;
}

/** The hashes are for the fork check only: without them the node's own status still stands. */
async function settledBlocks(
  coin: Coin,
  client: NodeClient,
  context: SyncContext<unknown>,
  { height }: SyncStatus,
): Promise<readonly SettledBlock[]> {
  const settled: SettledBlock[] = [];
  for (const checkpoint of checkpoints(height, context.network.settledDepth)) {
    try {
      settled.push({ height: checkpoint, hash: await coin.blockHash(client, checkpoint, context) });
    } catch {
      return settled;
    }
  }
  return settled;
}
