import type { ChildProcess, ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";

const stopTimeMs = 5000;
const children = new Set<ChildProcess>();

/** A child whose standard output and error the host reads. */
export type PipedProcess = ChildProcessByStdio<null, Readable, Readable>;

/** Remembers a child until it ends, so that none outlives the host. */
export function track<T extends ChildProcess>(child: T): T {
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

/** Asks a child to end as Ctrl-C would, and ends it when it does not. */
export function stop(child: ChildProcess): void {
  if (!child.kill("SIGINT")) return;
  setTimeout(() => child.kill("SIGKILL"), stopTimeMs).unref();
}

/** Stops every child. */
export function stopAll(): void {
  for (const child of children) stop(child);
}

/** Ends every child at once: there is nobody left who could wait for them. */
export function killAll(): void {
  for (const child of children) child.kill("SIGKILL");
}
