/** Where the fleet stands in a stack file, for the paths of problems. */
export const fleetPath = "coinfleet:fleet";

/** What a group may be called: it becomes a label of DNS names and part of resources' names. */
export const groupNamePattern = /^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/;
