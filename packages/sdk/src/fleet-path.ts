/** Where the fleet stands in a stack file, for the paths of problems. */
export const fleetPath = "coinfleet:fleet";
