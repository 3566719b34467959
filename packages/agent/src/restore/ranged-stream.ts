import { setTimeout as pause } from "node:timers/promises";
import { LaneError, RangeLane } from "./range-lane.ts";
import { openConnections, requestRange, type Connections, type RangeAnswer } from "./range-request.ts";
import { RestoreError } from "./restore-error.ts";

/** How a file is read. */
export interface StreamOptions {
  /** Most connections at once. @default 8 */
  readonly connections?: number;
  /** Bytes of one request. Together with `connections` it decides the memory. @default - 16 MiB on one connection, which waits for each answer; 4 MiB on four and more */
  readonly chunkBytes?: number;
  /** For how long a server that gives nothing is tried again. @default 300000 */
  readonly patienceMs?: number;
  readonly signal: AbortSignal;
  /** Called with the file's length once it is known. */
  readonly onLength?: (bytes: number) => void;
}

/** Chunks that are read ahead of the one that is wanted. */
const chunksAhead = 2;
/** Small enough that whoever takes the bytes is not kept waiting for long. */
const pieceBytes = 512 * 1024;
const longestPauseMs = 15_000;

/**
 * The bytes of a file in their order, read over several connections. A connection that ends is taken up again where it ended, as long as the
 * server still has the same file; a server that knows no ranges gets one request, and cannot be taken up again. Each buffer is good until the
 * one after the next is asked for.
 * @throws {@link RestoreError}
 */
export async function* rangedStream(url: string, options: StreamOptions): AsyncGenerator<Buffer> {
  const { connections = 8, patienceMs = 300_000, onLength } = options;
  const { chunkBytes = Math.max(4, 16 / connections) * 2 ** 20 } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const pool = openConnections(connections);
  try {
    const request = { url, connections: pool, signal };
    const first = await patiently({ patienceMs, signal }, () => requestRange({ ...request, from: 0, to: 0 }));
    const { totalBytes, validator, isRange } = first;
    if (totalBytes !== undefined) onLength?.(totalBytes);
    if (!isRange || totalBytes === undefined || validator === undefined) yield* whole(first, request);
    else {
      first.body.resume();
      yield* new RangedFile({ url, pool, signal, patienceMs, totalBytes, validator, finalUrl: first.finalUrl }).chunks(
        chunkBytes,
        connections,
      );
    }
  } finally {
    stop.abort();
    pool["http:"].destroy();
    pool["https:"].destroy();
  }
}

interface FileParts {
  readonly url: string;
  /** Where the redirects lead. */
  readonly finalUrl: URL;
  readonly pool: Connections;
  readonly signal: AbortSignal;
  readonly patienceMs: number;
  readonly totalBytes: number;
  readonly validator: string;
}

class RangedFile {
  readonly #file: FileParts;
  readonly #idle: RangeLane[] = [];
  readonly #waiting: ((lane: RangeLane) => void)[] = [];

  constructor(file: FileParts) {
    this.#file = file;
  }

  async *chunks(chunkBytes: number, connections: number): AsyncGenerator<Buffer> {
    const { totalBytes, signal, finalUrl } = this.#file;
    const lanes = Array.from({ length: connections }, () => new RangeLane(finalUrl));
    this.#idle.push(...lanes);
    const count = Math.ceil(totalBytes / chunkBytes);
    // As many buffers as can be wanted at once, used again and again.
    const buffers = Array.from({ length: Math.min(count, connections + chunksAhead) }, () => Buffer.allocUnsafeSlow(chunkBytes));
    const reading: Promise<Buffer>[] = [];
    let reuse = (): void => undefined;
    const begin = (index: number, buffer: Buffer): void => {
      const from = index * chunkBytes;
      const read = this.#read(from, buffer.subarray(0, Math.min(chunkBytes, totalBytes - from)));
      // Whoever comes to it sees the error; until then it must not end the process.
      read.catch(() => undefined);
      reading.push(read);
    };
    const close = (): void => {
      for (const lane of lanes) lane.close();
    };
    signal.addEventListener("abort", close);
    try {
      buffers.forEach((buffer, index) => {
        begin(index, buffer);
      });
      for (let index = 0; index < count; index++) {
        const chunk = await reading.shift();
        if (chunk === undefined) return;
        for (let at = 0; at < chunk.length; at += pieceBytes) {
          yield chunk.subarray(at, at + pieceBytes);
          reuse();
          reuse = () => undefined;
        }
        const buffer = buffers[index % buffers.length];
        reuse = () => {
          if (buffer !== undefined && index + buffers.length < count) begin(index + buffers.length, buffer);
        };
      }
    } finally {
      signal.removeEventListener("abort", close);
      close();
    }
  }

  async #read(from: number, target: Buffer): Promise<Buffer> {
    const { totalBytes, validator, signal, patienceMs } = this.#file;
    let filled = 0;
    const lane = this.#idle.pop() ?? (await new Promise<RangeLane>((resolve) => this.#waiting.push(resolve)));
    try {
      signal.throwIfAborted();
      await lane.read({ from, target, totalBytes, validator });
      return target;
    } catch (error) {
      if (!(error instanceof LaneError)) throw error;
      filled = error.bytes;
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(lane);
      else next(lane);
    }
    while (filled < target.length) {
      filled += await patiently({ patienceMs, signal }, () => this.#ask(from + filled, target.subarray(filled)));
    }
    return target;
  }

  /** The way of a lane that failed: says why, or goes on where it ended. Resolves to the number of bytes that it got. */
  async #ask(from: number, target: Buffer): Promise<number> {
    const { url, pool: connections, signal, validator, totalBytes } = this.#file;
    const answer = await requestRange({ url, connections, signal, validator, from, to: from + target.length - 1 });
    if (answer.totalBytes !== totalBytes) {
      answer.body.destroy();
      throw new RestoreError("changed", `${url} had ${totalBytes} bytes, and now has ${answer.totalBytes ?? "an unknown number"}`);
    }
    let bytes = 0;
    try {
      for await (const piece of answer.body) {
        if (!Buffer.isBuffer(piece)) continue;
        if (bytes + piece.length > target.length) throw new RestoreError("permanent", `${url} sends more than it was asked for`);
        bytes += piece.copy(target, bytes);
      }
    } catch (cause) {
      if (cause instanceof RestoreError || bytes === 0) throw lost(url, cause);
    }
    if (bytes === 0) throw lost(url, "it ended at once");
    return bytes;
  }
}

/** A server without ranges, or whose file has nothing that says whether it is still the same. */
async function* whole(
  first: RangeAnswer,
  request: { readonly url: string; readonly connections: Connections; readonly signal: AbortSignal },
): AsyncGenerator<Buffer> {
  const { url } = request;
  let answer = first;
  if (first.isRange) {
    // It holds the first byte only.
    first.body.destroy();
    answer = await requestRange({ ...request, from: 0 });
  }
  let bytes = 0;
  try {
    for await (const piece of answer.body) {
      if (!Buffer.isBuffer(piece)) continue;
      bytes += piece.length;
      yield piece;
    }
  } catch (cause) {
    throw lost(url, cause);
  }
  if (answer.totalBytes !== undefined && bytes !== answer.totalBytes)
    throw lost(url, `it ended after ${bytes} of ${answer.totalBytes} bytes`);
}

function lost(url: string, cause: unknown): RestoreError {
  if (cause instanceof RestoreError) return cause;
  return new RestoreError("transient", `the connection to ${url} was lost: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
}

/** Tries again after what may pass, with growing pauses. */
async function patiently<T>(
  { patienceMs, signal }: { readonly patienceMs: number; readonly signal: AbortSignal },
  attempt: () => Promise<T>,
): Promise<T> {
  const startedMs = performance.now();
  for (let pauseMs = 200; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    try {
      return await attempt();
    } catch (error) {
      const mayPass = error instanceof RestoreError && error.kind === "transient" && !signal.aborted;
      if (!mayPass || performance.now() - startedMs + pauseMs > patienceMs) throw error;
    }
    await pause(pauseMs, undefined, { signal });
  }
}
