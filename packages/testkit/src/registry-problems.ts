import type { CoinRegistry } from "@coinfleet/sdk";

/** What is wrong with the coins together, one sentence each; what is wrong with one of them, its conformance suite says. */
export function registryProblems(coins: CoinRegistry): readonly string[] {
  const found: string[] = [];
  for (const [key, { id }] of Object.entries(coins)) if (key !== id) found.push(`the coin "${id}" is registered as "${key}"`);
  for (const field of ["id", "name", "symbol"] as const) {
    const entries = Object.entries(coins).map(([key, coin]) => ({ key, value: coin[field].toLowerCase() }));
    found.push(...duplicates(field, entries));
  }
  return found;
}

/** Values that stand under more than one key, one sentence each. */
export function duplicates(what: string, entries: readonly { readonly key: string; readonly value: string }[]): readonly string[] {
  const owners = new Map<string, readonly string[]>();
  for (const { key, value } of entries) owners.set(value, [...(owners.get(value) ?? []), key]);
  return [...owners].flatMap(([value, keys]) => (keys.length > 1 ? [`${what} "${value}" is that of ${keys.join(" and ")}`] : []));
}
