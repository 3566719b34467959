import { execFile } from "node:child_process";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Log } from "../log.ts";
import type { ArchiveFormat } from "@coinfleet/sdk";
import { startDownload, type Download } from "./download.ts";
import { RestoreError } from "./restore-error.ts";
import { unpack } from "./unpack.ts";

/** What {@link restore} is given. */
export interface RestoreOptions {
  readonly url: string;
  /** Lower-case hex SHA-256 of the whole archive. */
  readonly sha256: string;
  readonly format: ArchiveFormat;
  /** Data directory of the daemon. */
  readonly data: string;
  readonly log: Log;
  /** @default 10000 */
  readonly progressEveryMs?: number;
}

/** What a restore came to. */
export type RestoreOutcome = "restored" | "already restored" | "has data";

const markerName = ".coinfleet-restored.json";
const stagingName = ".coinfleet-restore";

/**
 * Gives an empty data directory its snapshot. Unpacks beside it while the archive comes in, and makes it visible only when the whole archive's
 * digest is the pinned one. May be killed at any moment and started again.
 * @throws {@link RestoreError}
 */
export async function restore(options: RestoreOptions): Promise<RestoreOutcome> {
  const { data, sha256, log } = options;
  const names = await readdir(data);
  if (names.includes(markerName)) return "already restored";
  const staging = join(data, stagingName);
  if (await exists(join(staging, "verified"))) {
    log.info("the snapshot was verified before the restart; making it visible");
    await makeVisible(options);
    return "restored";
  }
  if (names.some((name) => name !== stagingName)) return "has data";

  await rm(staging, { recursive: true, force: true });
  const files = join(staging, "files");
  await mkdir(files, { recursive: true, mode: 0o700 });
  try {
    const digest = await fetchInto(files, options);
    if (digest !== sha256.toLowerCase()) {
      throw new RestoreError(
        "permanent",
        `the archive is not the pinned one: its SHA-256 is ${digest}, expected ${sha256}. Nothing of it was made visible.`,
      );
    }
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
  // What is not on the disk now could be missing after a power cut, behind a mark that says it is there.
  await promisify(execFile)("sync", ["-f", data]);
  await writeDurably(join(staging, "verified"), "");
  await makeVisible(options);
  return "restored";
}

async function fetchInto(files: string, { url, format, log, progressEveryMs }: RestoreOptions): Promise<string> {
  const download = await startDownload(url);
  const startedMs = performance.now();
  const timer = setInterval(() => {
    log.info("restoring", describeProgress(download, startedMs));
  }, progressEveryMs ?? 10_000);
  try {
    await unpack(download, format, files);
    log.info("unpacked", describeProgress(download, startedMs));
    return download.digest();
  } finally {
    clearInterval(timer);
  }
}

function describeProgress(download: Download, startedMs: number): Readonly<Record<string, unknown>> {
  const { doneBytes, totalBytes } = download.progress();
  const seconds = (performance.now() - startedMs) / 1000;
  const perSecond = doneBytes / Math.max(seconds, 0.001);
  const rate = { doneMiB: Math.round(doneBytes / 2 ** 20), mibPerSec: Number((perSecond / 2 ** 20).toFixed(1)) };
  if (totalBytes === undefined || totalBytes === 0) return rate;
  return {
    ...rate,
    percent: Number(((100 * doneBytes) / totalBytes).toFixed(1)),
    remainingSec: Math.round((totalBytes - doneBytes) / Math.max(perSecond, 1)),
  };
}

/** From here on nothing can fail but the disk: each move may have been made before. */
async function makeVisible({ data, url, sha256 }: RestoreOptions): Promise<void> {
  const staging = join(data, stagingName);
  const files = join(staging, "files");
  for (const name of await readdir(files)) await rename(join(files, name), join(data, name));
  await writeDurably(join(data, markerName), `${JSON.stringify({ url, sha256, restoredAt: new Date().toISOString() })}\n`);
  await rm(staging, { recursive: true, force: true });
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  const directory = await open(join(path, ".."));
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
