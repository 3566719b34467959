/**
 * The table by which everything that takes nodes out of service agrees: one for each environment. Key `Scope`, range `Entry`.
 * A group's own scope holds its lock and what was done to its nodes; hosts write there. What an operator says is in a scope that hosts can only read.
 */
export function coordinationTable(environment: string): string {
  return `coinfleet-${environment}-coordination`;
}

/** Attributes of the table that the program and its clients must agree on. */
export const coordinationKeys = { scope: "Scope", entry: "Entry", expires: "ExpiresAt" } as const;

/** Scope of a group's lock and of the actions on its nodes. */
export const groupScope = (group: string): string => `group/${group}`;

/** Scope of the holds that operators have put on a group's nodes. */
export const holdScope = (group: string): string => `hold/${group}`;

/** Tags by which a data volume tells the grower how far, and by how much, it may grow. */
export const volumeTags = { maximum: "coinfleet:maximum-size-gib", step: "coinfleet:grow-by-percent" } as const;
