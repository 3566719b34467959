import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { lock } from "proper-lockfile";

/** `${XDG_CACHE_HOME:-~/.cache}/coinfleet/releases`: verified downloads and built binaries, shared by all projects of a user. */
export function defaultCacheDir(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment["XDG_CACHE_HOME"];
  return join(base !== undefined && base !== "" ? base : join(homedir(), ".cache"), "coinfleet", "releases");
}

export const sha256OfText = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex");

export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

const staleAfterMs = 60_000;

/** Runs `work` while holding a lock on `path`. A lock whose owner died is taken over after a minute. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const release = await lock(path, {
    realpath: false,
    stale: staleAfterMs,
    update: staleAfterMs / 6,
    // A machine that slept lost its lock. Two who do the same work do no harm: what they make gets its name at the end, and its name is its content.
    onCompromised: () => undefined,
    // Long enough for another process to compile a large Go module.
    retries: { forever: true, minTimeout: 100, maxTimeout: 2_000, maxRetryTime: 45 * 60_000 },
  });
  try {
    return await work();
  } finally {
    await release().catch(() => undefined);
  }
}

const leftoverMs = 24 * 3_600_000;

/** Removes what a killed process left behind. */
async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(".staging-")) continue;
    const path = join(parent, name);
    // Another process may have finished meanwhile.
    const changedMs = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    );
    if (changedMs !== undefined && Date.now() - changedMs > leftoverMs) await rm(path, { recursive: true, force: true });
  }
}

/** Fills a new folder and gives it its name at the end: it is complete or absent. An existing folder is replaced only if `replace`. */
export async function createAtomically(directory: string, fill: (staging: string) => Promise<void>, replace = false): Promise<void> {
  const parent = dirname(directory);
  await mkdir(parent, { recursive: true });
  await sweep(parent);
  const staging = await mkdtemp(join(parent, ".staging-"));
  try {
    await fill(staging);
    if (replace) await rm(directory, { recursive: true, force: true });
    await rename(staging, directory).catch(async (cause: unknown) => {
      // Somebody else made the same folder meanwhile: its name is its content.
      if (!(await exists(directory))) throw cause;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
