import { setTimeout as pause } from "node:timers/promises";
import type { Coordination, Holder } from "./coordination.ts";

export interface GroupLockOptions {
  /** A lock that is not renewed for so long is anybody's: its owner has been killed. @default 180 */
  readonly leaseSec?: number;
  /** Between two tries, milliseconds. @default 5000 */
  readonly pollMs?: number;
  /** Told who is waited for, before each wait. Throws to give up. */
  readonly onWait: (holder: Holder) => void;
}

/** Does `work` while nobody else takes a node of the group out of service. Waits for the lock until `onWait` gives up. */
export async function withGroupLock<T>(
  coordination: Pick<Coordination, "acquire" | "release">,
  claim: Omit<Holder, "untilMs">,
  { leaseSec = 180, pollMs = 5000, onWait }: GroupLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  for (let other = await coordination.acquire(claim, leaseSec); other !== undefined; other = await coordination.acquire(claim, leaseSec)) {
    onWait(other);
    await pause(pollMs);
  }
  // One that fails is made up for by the next: there are three in a lease.
  const renewal = setInterval(() => void coordination.acquire(claim, leaseSec).catch(() => undefined), (leaseSec * 1000) / 4);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    // What cannot be given back ends by itself.
    await coordination.release(claim).catch(() => undefined);
  }
}
