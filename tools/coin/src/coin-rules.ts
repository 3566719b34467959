import type { Coin } from "@coinfleet/sdk";
import type { CatalogueEntry } from "./catalogue.ts";
import { sharedRuns } from "./shared-lines.ts";

/** Most lines of a coin of a known family, both files together. */
const plainLines = 80;
/** Most lines of a coin with several daemons, or with a protocol that no other coin speaks. */
const ownLines = 160;
/** Lines of code of the same shape that two coins may not share: what repeats belongs into a family. */
const sharedLines = 6;

/** How many lines a coin may have. A coin that names its family itself speaks a protocol of its own; to the others their family gives its name. */
export function linesAllowed(coin: Coin, source: string): number {
  const hasSeveralDaemons = Object.keys(coin.clients).length > 1;
  return hasSeveralDaemons || /^ {2}family: "/m.test(source) ? ownLines : plainLines;
}

/** What is wrong with a coin's size, one sentence each. There are no exceptions: what a coin shares with others belongs into a family. */
export function sizeProblems({ id, files, lines }: CatalogueEntry, allowed: number): readonly string[] {
  return [
    ...(files === 2 ? [] : [`${id} has ${files} files: package.json and index.ts are all that a coin is`]),
    ...(lines > allowed ? [`${id} has ${lines} lines, and may have ${allowed}`] : []),
  ];
}

/** Code that two coins share, one sentence for each pair. */
export function sharedCode(sources: Readonly<Record<string, string>>): readonly string[] {
  const all = Object.entries(sources).map(([id, text]) => ({ id, text }));
  return all.flatMap((one, index) =>
    all.slice(index + 1).flatMap((other) => {
      const [run] = sharedRuns(one.text, other.text, sharedLines);
      if (run === undefined) return [];
      return [`${one.id} from line ${run.from} and ${other.id} from line ${run.inOther} share ${run.length} lines of one shape`];
    }),
  );
}
