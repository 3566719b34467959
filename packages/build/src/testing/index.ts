export * from "./archives.ts";
export * from "./fake-upstream.ts";
export * from "./fetch-fixture.ts";
export * from "./signing.ts";
