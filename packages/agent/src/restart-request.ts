import { writeFile } from "node:fs/promises";
import type { ResolvedHealth } from "@coinfleet/sdk";
import { describeError, type Log } from "./log.ts";
import type { RestartLeave } from "./restart-leave.ts";
import type { Verdict } from "./verdict.ts";

/** Where the node's host looks for requests, and who else has a say. */
export interface RestartRequestOptions {
  /** Watched by a path unit, which has a limit of its own. */
  readonly file: string;
  readonly health: Pick<ResolvedHealth, "blockIntervalSec">;
  readonly leave: Pick<RestartLeave, "ask" | "keep" | "giveBack">;
  readonly log: Log;
}

/** What a round found that bears on a restart. */
export interface RestartObservation {
  readonly verdict: Pick<Verdict, "state" | "isSynced" | "why" | "tip">;
  /** Absent when the probe failed. */
  readonly height: number | undefined;
  /** Siblings or references that answer: without any, it is our own network that is down. */
  readonly tipsAvailable: number;
  /** Clock that never jumps, seconds. */
  readonly elapsedSec: number;
}

/** A client that lost its peers finds others by itself in this time, unless it knows their names only from its start. */
export const withoutPeersSec = 180;
/** Between two requests: time to come back and to show that it helped. */
export const pauseSec = 1800;
/** A node that is not synced by then is not helped by a restart, and must not keep its siblings from one. */
export const triedSec = 600;
/** After a refusal. */
export const askAgainSec = 60;
/** A client may be busy that long, with one block or with its database. */
const hangingSec = 600;
const keepEverySec = 60;

/**
 * Asks the host to restart the node's daemons where that is known to help: the client makes no progress while the tip moves, it has lost its
 * peers (some clients resolve a sibling's name once, and the sibling has come back at another address), or its RPC hangs. Never in initial
 * sync or during a restore, never when nobody else can be reached, and only with the group's leave, which it keeps until the node is synced again.
 */
export class RestartRequest {
  readonly #options: RestartRequestOptions;
  #height: number | undefined;
  #progressAtSec: number | undefined;
  #badSinceSec: number | undefined;
  #badState: Verdict["state"] | undefined;
  #askedAtSec = Number.NEGATIVE_INFINITY;
  #refusedAtSec = Number.NEGATIVE_INFINITY;
  #refusal: string | undefined;
  /** Since when the group's leave is ours, and when it was last taken for longer. */
  #leave: { readonly sinceSec: number; readonly keptAtSec: number } | undefined;
  #isBusy = false;

  constructor(options: RestartRequestOptions) {
    this.#options = options;
  }

  /** Never throws. Does nothing while an earlier call has not ended: it speaks to a service that may be slow. */
  async update(observation: RestartObservation): Promise<void> {
    const why = this.#reason(observation);
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      if (this.#leave !== undefined) await this.#endOrKeep(this.#leave, observation);
      else if (why !== undefined) await this.#ask(why, observation.elapsedSec);
    } catch (error) {
      this.#options.log.error("the table of locks does not answer", { why: describeError(error) });
    } finally {
      this.#isBusy = false;
    }
  }

  async #ask(why: string, elapsedSec: number): Promise<void> {
    if (elapsedSec - this.#askedAtSec < pauseSec || elapsedSec - this.#refusedAtSec < askAgainSec) return;
    this.#refusedAtSec = elapsedSec;
    const { file, leave, log } = this.#options;
    const refusal = await leave.ask(why);
    if (refusal !== undefined && refusal !== this.#refusal) log.warn("the node needs a restart and may not have one", { why, refusal });
    this.#refusal = refusal;
    if (refusal !== undefined) return;
    this.#askedAtSec = elapsedSec;
    this.#leave = { sinceSec: elapsedSec, keptAtSec: elapsedSec };
    try {
      await writeFile(file, why);
      log.warn("asking the host to restart the node", { why });
    } catch (error) {
      log.error("the host cannot be asked to restart the node", { file, why: describeError(error) });
    }
  }

  async #endOrKeep(
    { sinceSec, keptAtSec }: { readonly sinceSec: number; readonly keptAtSec: number },
    seen: RestartObservation,
  ): Promise<void> {
    const { elapsedSec, verdict } = seen;
    if (verdict.isSynced || elapsedSec - sinceSec >= triedSec) {
      await this.#options.leave.giveBack();
      this.#leave = undefined;
      this.#options.log.info("the restart is over", { isSynced: verdict.isSynced, seconds: Math.round(elapsedSec - sinceSec) });
    } else if (elapsedSec - keptAtSec >= keepEverySec) {
      await this.#options.leave.keep();
      this.#leave = { sinceSec, keptAtSec: elapsedSec };
    }
  }

  #reason({ verdict, height, tipsAvailable, elapsedSec }: RestartObservation): string | undefined {
    if (height !== undefined && height !== this.#height) [this.#height, this.#progressAtSec] = [height, elapsedSec];
    if (verdict.state !== this.#badState) [this.#badState, this.#badSinceSec] = [verdict.state, elapsedSec];
    const badForSec = elapsedSec - (this.#badSinceSec ?? elapsedSec);
    if (tipsAvailable === 0) return undefined;
    switch (verdict.state) {
      case "behind":
      case "stalled": {
        const stuckForSec = Math.min(badForSec, elapsedSec - (this.#progressAtSec ?? elapsedSec));
        const graceSec = Math.max(600, 20 * this.#options.health.blockIntervalSec);
        return stuckForSec >= graceSec ? `no progress for ${Math.round(stuckForSec)} s: ${verdict.why}` : undefined;
      }
      case "no-peers":
        return badForSec >= withoutPeersSec ? `without peers for ${Math.round(badForSec)} s` : undefined;
      case "probe-failed":
        // A daemon that is starting, or gone, refuses; the service manager sees to that one.
        return badForSec >= hangingSec && verdict.why.startsWith("timeout") ? `RPC hangs for ${Math.round(badForSec)} s` : undefined;
      case "synced":
      case "holding":
      case "starting":
      case "initial-sync":
      case "forked":
      case "unknown":
        return undefined;
    }
  }
}
