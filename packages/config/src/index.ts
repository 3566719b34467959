export { defaultBaseImage } from "./fleet-schema.ts";
export type { Origin } from "./parse-fleet.ts";
export { parseStackFile } from "./parse-stack-file.ts";
export { readBootstrap, readBootstrapValues, type BootstrapConfig } from "./read-bootstrap.ts";
export { readStack } from "./read-stack.ts";
export { stackFileSchema } from "./stack-file-schema.ts";
export type { StackConfig, StackReading } from "./stack-values.ts";
