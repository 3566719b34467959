export * from "./archives.ts";
export * from "./fake-upstream.ts";
export * from "./signing.ts";
