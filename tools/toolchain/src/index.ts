export { diagnose } from "./diagnose.ts";
export type { ToolVerdict } from "./diagnose.ts";
export { defaultFolders } from "./folders.ts";
export type { Folders } from "./folders.ts";
export { findAwsProvider } from "./terraform-mirror.ts";
export { printProgress } from "./report.ts";
export type { OnToolProgress, ToolProgress } from "./report.ts";
export { ensureToolchain } from "./toolchain.ts";
export type { ReadyTool, Toolchain, ToolchainOptions } from "./toolchain.ts";
