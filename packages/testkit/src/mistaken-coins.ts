import { createHash } from "node:crypto";
import { ProbeError, type Coin, type CoinRegistry, type NodeClient } from "@coinfleet/sdk";
import { recordedNode } from "./fake-node.ts";
import type { NamedRecording } from "./recorded-situations.ts";
import type { Exchange } from "./recording.ts";

/** Coins whose answers another coin of their family takes for its own, on a public network: `<coin> is taken for <coin> on <network>`. */
export async function mistakenCoins(
  coins: CoinRegistry,
  recordingsOf: (id: string) => readonly NamedRecording[],
): Promise<readonly string[]> {
  const all = Object.values(coins);
  const found: string[] = [];
  for (const one of all) {
    const good = recordingsOf(one.id).filter(({ recording: { expected } }) => "status" in expected && !expected.status.isInitialSync);
    for (const other of all.filter(({ id, family }) => id !== one.id && family === one.family))
      for (const networkName of Object.keys(other.networks))
        if (await isTakenIn(other, networkName, good)) found.push(`${one.id} is taken for ${other.id} on ${networkName}`);
  }
  return found;
}

async function isTakenIn(coin: Coin, networkName: string, recordings: readonly NamedRecording[]): Promise<boolean> {
  const network = coin.networks[networkName];
  // A private network is whatever its own nodes make of it.
  if (network === undefined || network.kind === "private") return false;
  const context = { networkName, network, options: coin.options.parse({}) };
  const outcomes = recordings.map(async ({ recording: { exchanges } }) => {
    try {
      await coin.syncCheck(nodeWithOwnBlocks(exchanges), context);
      return true;
    } catch (error) {
      // It may also make a call that the other coin's check did not: then it has not been taken in yet.
      if (error instanceof ProbeError || isUnrecorded(error)) return false;
      throw error;
    }
  });
  return (await Promise.all(outcomes)).includes(true);
}

const isUnrecorded = (error: unknown): boolean => error instanceof Error && error.message.startsWith("recordedNode: not recorded");

/** The recorded node, which answers the recorded calls for other blocks too: these are its own coin's, so that their hashes are those of no other. */
function nodeWithOwnBlocks(exchanges: readonly Exchange[]): NodeClient {
  const recorded = recordedNode(exchanges);
  return {
    ...recorded,
    jsonRpc: async (port, method, params) => {
      try {
        return await recorded.jsonRpc(port, method, params);
      } catch (error) {
        const alike = exchanges.find((one) => one.port === port && one.method === method);
        if (alike === undefined || !isUnrecorded(error)) throw error;
        return recordedNode([{ ...alike, params, answer: withOtherHashes(alike.answer) }]).jsonRpc(port, method, params);
      }
    },
  };
}

const withOtherHashes = (answer: Exchange["answer"]): Exchange["answer"] =>
  "text" in answer
    ? { ...answer, text: answer.text.replaceAll(/\b[0-9a-f]{64}\b/g, (hash) => createHash("sha256").update(hash).digest("hex")) }
    : answer;
