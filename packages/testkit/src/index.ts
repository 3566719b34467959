export * from "./check-sources.ts";
export * from "./conformance-problems.ts";
export * from "./conformance.ts";
export * from "./fake-node.ts";
export * from "./golden.ts";
export * from "./hostile-answers.ts";
export * from "./parse-config.ts";
export * from "./recording.ts";
