/** What a family says for all of its coins; the rest is each coin's own. */
export type FamilyFields =
  "family" | "keys" | "logAlarm" | "options" | "secrets" | "access" | "daemons" | "syncCheck" | "blockHash" | "produceBlock";
