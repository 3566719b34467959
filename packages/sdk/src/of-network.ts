/** What a coin's table says of a network. A missing row is a mistake of the coin's author. */
export function ofNetwork<T>(table: Readonly<Record<string, T>>, networkName: string): T {
  const row = Object.hasOwn(table, networkName) ? table[networkName] : undefined;
  if (row === undefined) throw new Error(`nothing is known of the network "${networkName}"`);
  return row;
}
