import { setTimeout as sleep } from "node:timers/promises";

/** A point in time at which a command gives up by itself, before whoever called it does. */
export class Deadline {
  readonly #endsAt: number;
  readonly #startedAt: number;
  /** What it was made with, seconds. */
  readonly limitSec: number;
  constructor(seconds: number, now: number = Date.now()) {
    this.limitSec = seconds;
    // The caller's own limit is the same figure: leave time for the error message.
    this.#endsAt = now + Math.max(1, seconds - Math.min(10, seconds * 0.1)) * 1000;
    this.#startedAt = now;
  }
  get hasPassed(): boolean {
    return Date.now() >= this.#endsAt;
  }
  get elapsedSec(): number {
    return (Date.now() - this.#startedAt) / 1000;
  }
  get remainingSec(): number {
    return Math.max(0, (this.#endsAt - Date.now()) / 1000);
  }
  /** Waits, but not beyond the end. */
  async pause(milliseconds: number): Promise<void> {
    await sleep(Math.max(0, Math.min(milliseconds, this.#endsAt - Date.now())));
  }
}
