export { NpmShapes } from "./npm-shapes.ts";
export type { Shape } from "./npm-shapes.ts";
export { shapeDifferences } from "./shape-differences.ts";
