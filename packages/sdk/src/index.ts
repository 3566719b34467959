export * from "./coin.ts";
export * from "./metrics.ts";
export * from "./release.ts";
export * from "./resolved.ts";
export * from "./sync-status.ts";
