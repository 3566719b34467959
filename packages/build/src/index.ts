export * from "./build-error.ts";
export { defaultCacheDir, sha256OfText } from "./cache.ts";
export { defaultLimits } from "./download.ts";
export type { FetchLimits } from "./download.ts";
export * from "./fetch-options.ts";
export * from "./fetch-release.ts";
export { findGo, minimumGo } from "./go-toolchain.ts";
export * from "./progress.ts";
export { discoverDigest } from "./signed-archive.ts";
