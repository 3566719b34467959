/** What a table by network says of one of them. A missing entry is a mistake of the coin's author. */
export function entryOf<T>(entries: Readonly<Record<string, T>>, networkName: string): T {
  const entry = Object.hasOwn(entries, networkName) ? entries[networkName] : undefined;
  if (entry === undefined) throw new Error(`no entry for the network "${networkName}", only for ${Object.keys(entries).join(", ")}`);
  return entry;
}
