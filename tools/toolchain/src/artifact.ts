import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { createAtomically, withLock } from "@coinfleet/build";
import { isProgram } from "./search.ts";
import { withProgress } from "./report.ts";
import type { OnToolProgress, Report } from "./report.ts";

/** A folder in the cache that is complete or absent, named after everything that went into it. */
export interface Artifact {
  /** For people: "Pulumi CLI 3.259.0". */
  readonly title: string;
  readonly folder: string;
  /** The files that must be in the folder and executable. */
  readonly programs: readonly string[];
  /** Seconds on two cores with nothing cached. */
  readonly expectedSec?: number;
  readonly make: (staging: string, report: Report) => Promise<void>;
}

const waitBeforeSayingSoMs = 2000;
const abandonedAfterMs = 24 * 3_600_000;

/** Whether the artifact is in the cache with all of its programs. */
export async function isMade({ folder, programs }: Artifact): Promise<boolean> {
  const found = await Promise.all(programs.map((program) => isProgram(join(folder, program))));
  return found.every(Boolean);
}

/**
 * Makes the artifact unless it is there. Of two processes one makes it and the other waits; a process that is killed half-way leaves the
 * cache as it was, but for a staging folder that a later run removes.
 */
export async function makeOnce(cache: string, artifact: Artifact, onProgress: OnToolProgress): Promise<void> {
  if (await isMade(artifact)) return;
  await withProgress(artifact.title, artifact.expectedSec, onProgress, async (report) => {
    const waiting = setTimeout(() => report("waiting for another process that makes it"), waitBeforeSayingSoMs);
    await withLock(`${artifact.folder}.lock-owner`, async () => {
      clearTimeout(waiting);
      if (await isMade(artifact)) return;
      await removeAbandoned(cache);
      await createAtomically(artifact.folder, (staging) => artifact.make(staging, report), true);
    });
  });
}

async function removeAbandoned(cache: string): Promise<void> {
  const names = await readdir(cache).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(".staging-"))) {
    const path = join(cache, name);
    const age = await stat(path).then(({ mtimeMs }) => Date.now() - mtimeMs);
    if (age > abandonedAfterMs) await rm(path, { recursive: true, force: true });
  }
}
