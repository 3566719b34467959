import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Coin } from "@coinfleet/sdk";
import type { ConformanceFiles } from "./conformance.ts";
import { conformanceProblems } from "./conformance-problems.ts";

/** Situations that must have been recorded from every coin's real daemon, and what they are. */
const compulsory = {
  "in-sync": "what the daemon answers to the sync check at the tip",
  refused: "that nothing answers while the daemon is not up",
  "wrong-network": "what a daemon of another network answers",
} as const;

/** What is still to be written of a coin, one sentence each: gaps in its source, recordings, golden files. */
export function missingFiles(coin: Coin, files: ConformanceFiles): readonly string[] {
  const source = join(files.coins, coin.id, "index.ts");
  const show = (file: string): string => relative(files.root, file);
  const recordings = Object.entries(compulsory).flatMap(([situation, what]) => {
    const file = join(files.recordings, coin.id, `${situation}.json`);
    return existsSync(file) ? [] : [`${show(file)} is not there: ${what}`];
  });
  const golden = Object.keys(coin.networks).flatMap((network) => {
    const file = join(files.golden, coin.id, `${network}.json`);
    return existsSync(file) ? [] : [`${show(file)} is not there: run the suite with UPDATE_GOLDEN=1, then read what it has written`];
  });
  return [...gapsIn(readFileSync(source, "utf8"), show(source)), ...recordings, ...(process.env["UPDATE_GOLDEN"] === "1" ? [] : golden)];
}

/** Lines that say `TODO: …`, as sentences. */
export function gapsIn(source: string, name: string): readonly string[] {
  return source
    .split("\n")
    .flatMap((line, index) =>
      [...line.matchAll(/TODO: ([^"]+)/g)].map(([, what = ""]) => `${name}:${index + 1} still wants ${what.trim()}`),
    );
}

/** All that a coin lacks: gaps first, and what is wrong with the rest of it once there are none. */
export function missingParts(coin: Coin, files: ConformanceFiles): readonly string[] {
  const gaps = missingFiles(coin, files);
  const source = `${relative(files.root, join(files.coins, coin.id))}/`;
  return gaps.some((gap) => gap.startsWith(source)) ? gaps : [...conformanceProblems(coin), ...gaps];
}
