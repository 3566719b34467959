import { ProbeError, type Coin, type CoinRegistry } from "@coinfleet/sdk";
import { recordedNode } from "./fake-node.ts";
import type { NamedRecording } from "./recorded-situations.ts";

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
      await coin.syncCheck(recordedNode(exchanges), context);
      return true;
    } catch (error) {
      // It may also ask for something that the other coin's check did not: then it has not been taken in yet.
      if (error instanceof ProbeError || (error instanceof Error && error.message.startsWith("recordedNode: not recorded"))) return false;
      throw error;
    }
  });
  return (await Promise.all(outcomes)).includes(true);
}
