import type { Coin, Network } from "@coinfleet/sdk";

/** Loads the module of the agent's coin: the default export of a bundle. @throws Error when it is not the coin that the configuration names */
export async function loadCoin(url: string, id: string): Promise<Coin> {
  const module: unknown = await import(url);
  const coin: unknown = typeof module === "object" && module !== null && "default" in module ? module.default : undefined;
  if (!isCoin(coin)) throw new Error(`${url} has no coin as its default export`);
  if (coin.id !== id) throw new Error(`${url} is the coin "${coin.id}", the configuration is for "${id}"`);
  return coin;
}

/** The network of a coin. @throws Error when the coin has none of that name */
export function networkOf(coin: Coin, name: string): Network {
  const network = Object.hasOwn(coin.networks, name) ? coin.networks[name] : undefined;
  if (network === undefined)
    throw new Error(`the coin "${coin.id}" has no network "${name}"; it has ${Object.keys(coin.networks).join(", ")}`);
  return network;
}

// Not more than that: the module comes from the same image, and was type-checked against the same contract.
function isCoin(value: unknown): value is Coin {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    "networks" in value &&
    "syncCheck" in value &&
    typeof value.syncCheck === "function"
  );
}
