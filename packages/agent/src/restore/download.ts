import { createHash, type Hash } from "node:crypto";
import { Readable, Transform } from "node:stream";
import { RestoreError } from "./restore-error.ts";

/** How far a download is. */
interface DownloadProgress {
  readonly doneBytes: number;
  /** Absent where the server does not say. */
  readonly totalBytes: number | undefined;
}

/** A download under way. */
export interface Download {
  /** Where the bytes come from, and the stage that counts and hashes them. Both belong into one pipeline. */
  readonly source: Readable;
  readonly meter: Transform;
  progress(): DownloadProgress;
  /** SHA-256 of all bytes, once the stream has ended. @throws {@link RestoreError} transient, when bytes are missing */
  digest(): string;
}

/** A server that sends nothing for that long has gone. */
const stallMs = 60_000;

/** Starts a download. @throws {@link RestoreError} transient where another try may work, permanent where the address is wrong */
export async function startDownload(url: string): Promise<Download> {
  const stop = new AbortController();
  const response = await fetch(url, { signal: stop.signal, headers: { "accept-encoding": "identity" } }).catch((cause: unknown) => {
    throw new RestoreError("transient", `${url} cannot be reached: ${rootMessage(cause)}`, { cause });
  });
  if (!response.ok || response.body === null) {
    const mayPass = response.status >= 500 || response.status === 429 || response.status === 408;
    throw new RestoreError(mayPass ? "transient" : "permanent", `${url} answers HTTP ${response.status}`);
  }
  const length = response.headers.get("content-length");
  const totalBytes = length === null ? undefined : Number(length);
  const hash = createHash("sha256");
  const counted = { bytes: 0 };
  return {
    source: Readable.fromWeb(response.body),
    meter: createMeter(hash, counted, stop),
    progress: () => ({ doneBytes: counted.bytes, totalBytes }),
    digest: () => {
      if (totalBytes !== undefined && counted.bytes < totalBytes) {
        throw new RestoreError("transient", `the download ended after ${counted.bytes} of ${totalBytes} bytes`);
      }
      return hash.digest("hex");
    },
  };
}

function createMeter(hash: Hash, counted: { bytes: number }, stop: AbortController): Transform {
  const give = (): NodeJS.Timeout =>
    setTimeout(() => {
      stop.abort(new RestoreError("transient", `the server has sent nothing for ${stallMs / 1000} s`));
    }, stallMs);
  let timer = give();
  return new Transform({
    highWaterMark: 2 ** 20,
    transform(chunk: Buffer, _encoding, done) {
      clearTimeout(timer);
      timer = give();
      hash.update(chunk);
      counted.bytes += chunk.length;
      done(null, chunk);
    },
    destroy(error, done) {
      clearTimeout(timer);
      done(error);
    },
  });
}

function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}
