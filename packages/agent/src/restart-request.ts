import { writeFile } from "node:fs/promises";
import type { ResolvedHealth } from "@coinfleet/sdk";
import { describeError, type Log } from "./log.ts";
import type { Verdict } from "./verdict.ts";

/** Who the node is among its siblings, and where its host looks for requests. */
export interface RestartRequestOptions {
  /** Watched by a path unit, which has limits of its own and an operator's hold. */
  readonly file: string;
  /** 1-based position in the group, and the number of its nodes. */
  readonly index: number;
  readonly count: number;
  readonly health: Pick<ResolvedHealth, "blockIntervalSec">;
  readonly log: Log;
}

/** What a round found that bears on a restart. */
export interface RestartObservation {
  readonly verdict: Pick<Verdict, "state" | "why" | "tip">;
  /** Absent when the probe failed. */
  readonly height: number | undefined;
  /** Siblings or references that answer: without any, it is our own network that is down. */
  readonly tipsAvailable: number;
  /** Clock that never jumps, seconds. */
  readonly elapsedSec: number;
  /** Wall clock, Unix seconds. Only decides whose turn it is. */
  readonly nowSec: number;
}

/** Nodes of a group take turns of this length, so that no two of them restart at once whatever each of them thinks. */
export const turnSec = 300;
/** A client that lost its peers finds others by itself in this time, unless it knows their names only from its start. */
export const withoutPeersSec = 180;
/** Between two requests: time to come back and to show that it helped. */
export const pauseSec = 1800;
/** A client may be busy that long, with one block or with its database. */
const hangingSec = 600;

/**
 * Asks the host to restart the node's daemons where that is known to help: the client makes no progress while the tip moves, it has lost its
 * peers (some clients resolve a sibling's name once, and the sibling has come back at another address), or its RPC hangs. Never in initial
 * sync or during a restore, never when nobody else can be reached, and only in the node's turn.
 */
export class RestartRequest {
  readonly #options: RestartRequestOptions;
  #height: number | undefined;
  #progressAtSec: number | undefined;
  #badSinceSec: number | undefined;
  #badState: Verdict["state"] | undefined;
  #askedAtSec = Number.NEGATIVE_INFINITY;

  constructor(options: RestartRequestOptions) {
    this.#options = options;
  }

  /** Never throws. */
  async update(observation: RestartObservation): Promise<void> {
    const why = this.#reason(observation);
    const { elapsedSec, nowSec } = observation;
    const { index, count, file, log } = this.#options;
    if (why === undefined || elapsedSec - this.#askedAtSec < pauseSec) return;
    if (Math.floor(nowSec / turnSec) % count !== index - 1) return;
    this.#askedAtSec = elapsedSec;
    try {
      await writeFile(file, why);
      log.warn("asking the host to restart the node", { why });
    } catch (error) {
      log.error("the host cannot be asked to restart the node", { file, why: describeError(error) });
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
