export { assess, type Assessment, type Evidence, type Verdict } from "./assess.ts";
export { pricesSchema, type Prices } from "./cost.ts";
export { noteMarker, renderNote } from "./render-note.ts";
export { touchedStacks, type StackFacts } from "./touched.ts";
