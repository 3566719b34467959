import type { SettledBlock } from "@coinfleet/sdk";

/** Checkpoints are this many blocks apart, so that nodes that differ by a few blocks name the same ones. */
const step = 10;
/** Enough of them for two nodes whose statuses are a probe apart, on a chain with a block a second. */
const count = 3;

/** Heights at which nodes compare their hashes: settled ones, at multiples of a step, newest first. */
export function checkpoints(height: number, settledDepth: number): readonly number[] {
  const newest = Math.floor((height - settledDepth) / step) * step;
  return Array.from({ length: count }, (_, index) => newest - index * step).filter((one) => one > 0);
}

/**
 * Whether the node's chain is that of the others, at the highest checkpoint that others name too.
 * With a majority against it, or with one voice against one, it is different: nobody can say who is right, so nobody is served.
 */
export function findFork(own: readonly SettledBlock[], others: readonly (readonly SettledBlock[])[]): "same" | "different" | "unknown" {
  for (const { height, hash } of own) {
    const hashes = others.flatMap((settled) => settled.filter((one) => one.height === height).map((one) => one.hash));
    if (hashes.length === 0) continue;
    const agreeing = hashes.filter((one) => one === hash).length;
    return agreeing * 2 >= hashes.length && agreeing > 0 ? "same" : "different";
  }
  return "unknown";
}
