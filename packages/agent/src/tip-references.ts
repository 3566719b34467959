import type { TipReference } from "@coinfleet/sdk";
import { boundedRequest } from "./bounded-request.ts";
import { describeError } from "./log.ts";

/** What one reference said last. */
export interface ReferenceReport {
  readonly source: string;
  readonly height?: number | undefined;
  readonly problem?: string | undefined;
}

interface Entry {
  readonly reference: TipReference;
  height: number | undefined;
  answeredAtMs: number;
  problem: string | undefined;
  nextAtMs: number;
  failures: number;
}

const timeoutMs = 4000;
const maximumBytes = 256 * 1024;
const longestPauseMs = 600_000;

/** The budget of each reference: at most 2,880 requests a day, fewer where blocks are rare. An answer that counts may be that old. */
export function referenceIntervalSec(blockIntervalSec: number): number {
  return Math.min(120, Math.max(30, blockIntervalSec / 4));
}

/** Asks public services for the tip, each at most once in its interval, and less often while it fails: none of them is ours. */
export class TipReferences {
  readonly #entries: readonly Entry[];
  readonly #intervalMs: number;

  constructor(references: readonly TipReference[], blockIntervalSec: number) {
    this.#entries = references.map((reference) => ({
      reference,
      height: undefined,
      answeredAtMs: 0,
      problem: "not asked yet",
      nextAtMs: 0,
      failures: 0,
    }));
    this.#intervalMs = referenceIntervalSec(blockIntervalSec) * 1000;
  }

  /** Asks those whose turn it is. `nowMs` comes from a clock that never jumps. Never throws. */
  async poll(nowMs: number): Promise<readonly ReferenceReport[]> {
    await Promise.all(this.#entries.filter((entry) => nowMs >= entry.nextAtMs).map((entry) => this.#ask(entry, nowMs)));
    return this.#entries.map((entry) => report(entry, nowMs, this.#intervalMs));
  }

  async #ask(entry: Entry, nowMs: number): Promise<void> {
    const { reference } = entry;
    try {
      const body = reference.body === undefined ? undefined : JSON.stringify(reference.body);
      const response = await boundedRequest({ url: reference.url, body, timeoutMs, maximumBytes });
      if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
      entry.height = readHeight(response.text, reference.height);
      entry.answeredAtMs = nowMs;
      entry.problem = undefined;
      entry.failures = 0;
      entry.nextAtMs = nowMs + this.#intervalMs;
    } catch (error) {
      entry.problem = describeError(error);
      entry.failures++;
      entry.nextAtMs = nowMs + Math.min(longestPauseMs, this.#intervalMs * 2 ** Math.min(entry.failures - 1, 10));
    }
  }
}

/** An answer counts for as long as two further ones may be lost. */
function report({ reference, height, answeredAtMs, problem }: Entry, nowMs: number, intervalMs: number): ReferenceReport {
  const source = reference.name;
  if (height !== undefined && nowMs - answeredAtMs <= 3 * intervalMs) return { source, height };
  return { source, problem: problem ?? "its last answer is too old" };
}

/** The height in an answer: a plain number, or JSON with the number, decimal or hexadecimal text at `path` (`data.0.height`). */
export function readHeight(text: string, path: string): number {
  let value: unknown = path === "" ? text.trim() : JSON.parse(text);
  for (const key of path === "" ? [] : path.split(".")) {
    value = typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
  }
  const height = typeof value === "string" && /^(0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : value;
  if (typeof height === "number" && Number.isSafeInteger(height) && height >= 0) return height;
  throw new Error(path === "" ? "the answer is not a height" : `the answer has no height at "${path}"`);
}
