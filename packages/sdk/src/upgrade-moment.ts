/**
 * When a release takes over from the one before it: at a time (UTC, to the second), or at a height. `file`: path on the data volume of what the client writes
 * when its chain asks for the next release; without one the node's own height decides.
 */
export type UpgradeMoment = { readonly time: string } | { readonly height: number; readonly file?: string };

/** For a sentence: `at height 900`, `at 2026-12-01T14:00:00Z`. */
export const momentText = (at: UpgradeMoment): string => ("time" in at ? `at ${at.time}` : `at height ${at.height}`);
