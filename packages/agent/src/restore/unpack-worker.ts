import { closeSync, openSync } from "node:fs";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { Placer } from "./placer.ts";
import { RestoreError } from "./restore-error.ts";
import { readTar } from "./tar-reader.ts";

/** What the thread is given, which knows by it that it is that thread. */
interface Task {
  readonly task: "coinfleet-unpack";
  readonly pipe: string;
  readonly directory: string;
}

type Report =
  | { readonly kind: "open" }
  | { readonly kind: "done"; readonly writtenBytes: number }
  | { readonly kind: "failed"; readonly isOurs: boolean; readonly code: string; readonly message: string };

/** A thread that unpacks. */
export interface Unpacking {
  /** The thread has opened its end of the pipe. */
  readonly opened: Promise<unknown>;
  /** Resolves to the bytes written once the pipe has ended and everything is in its place. @throws {@link RestoreError} */
  readonly done: Promise<number>;
}

/**
 * Starts a thread that reads an archive from a named pipe and puts it below `directory`. It can only be stopped from the pipe's other end.
 * The thread runs this very module, or the bundle that it has become a part of.
 */
export function startUnpacking(pipe: string, directory: string): Unpacking {
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { task: "coinfleet-unpack", pipe, directory } satisfies Task,
    resourceLimits: { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 8 },
  });
  const said = <T>(pick: (report: Report) => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      worker.on("message", (report: Report) => {
        const value = pick(report);
        if (value !== undefined) resolve(value);
        else if (report.kind === "failed") reject(toError(report));
      });
      worker.on("error", reject);
      worker.on("exit", (code) => {
        reject(new Error(`the unpacking thread ended with code ${code}`));
      });
    });
  const opened = said(({ kind }) => kind === "open" || undefined);
  const done = said((report) => (report.kind === "done" ? report.writtenBytes : undefined));
  // Both are awaited, but not from the start.
  for (const promise of [opened, done]) promise.catch(() => undefined);
  return { opened, done };
}

function toError({ isOurs, code, message }: Extract<Report, { kind: "failed" }>): RestoreError {
  if (code === "ENOSPC" || code === "EDQUOT") return new RestoreError("permanent", "the data volume is full");
  return new RestoreError("permanent", isOurs ? message : `the archive cannot be unpacked: ${message}`);
}

function work({ pipe, directory }: Task, tell: (message: Report) => void): void {
  const descriptor = openSync(pipe, "r");
  try {
    tell({ kind: "open" });
    const placer = new Placer(directory);
    readTar(descriptor, placer);
    tell({ kind: "done", writtenBytes: placer.writtenBytes });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    tell({ kind: "failed", isOurs: error instanceof RestoreError, code, message: error instanceof Error ? error.message : String(error) });
  } finally {
    closeSync(descriptor);
  }
}

const given: unknown = workerData;
if (!isMainThread && parentPort !== null && isTask(given)) {
  const port = parentPort;
  work(given, (message) => {
    port.postMessage(message);
  });
}

function isTask(data: unknown): data is Task {
  return typeof data === "object" && data !== null && "task" in data && data.task === "coinfleet-unpack";
}
