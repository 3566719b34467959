import { createWriteStream } from "node:fs";
import { mkdir, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { BuildError, describeCause } from "./build-error.ts";
import type { OnProgress } from "./progress.ts";
import { silent } from "./progress.ts";

/** Limits of one download. */
export interface FetchLimits {
  /** Largest file that is accepted, bytes. @default 4 GiB */
  readonly maxBytes: number;
  /** Longest silence before an attempt is given up, milliseconds. @default 30000 */
  readonly stallTimeoutMs: number;
  /** Longest time for one file over all attempts, milliseconds. @default 3600000 */
  readonly totalTimeoutMs: number;
  /** Attempts after a transient failure; a later one resumes where the earlier one stopped. @default 4 */
  readonly attempts: number;
  /** Wait before the second attempt, milliseconds; doubled each time. @default 1000 */
  readonly backoffMs: number;
  /** Hosts that a download may be redirected to, besides its own. @default GitHub's two asset hosts */
  readonly redirectHosts: readonly string[];
}

export const defaultLimits: FetchLimits = {
  maxBytes: 4 * 1024 ** 3,
  stallTimeoutMs: 30_000,
  totalTimeoutMs: 3_600_000,
  attempts: 4,
  backoffMs: 1_000,
  redirectHosts: ["objects.githubusercontent.com", "release-assets.githubusercontent.com"],
};

const maxRedirects = 5;
const isLoopback = (host: string): boolean => host === "localhost" || host === "[::1]" || /^127\./.test(host);

function parseAddress(url: string): URL {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address !== undefined && (address.protocol === "https:" || (address.protocol === "http:" && isLoopback(address.hostname))))
    return address;
  throw new BuildError("AddressRefused", {
    title: "Download address refused.",
    where: url,
    allowed: "https (plain http from this machine only)",
    fix: "Correct the address in the coin's release source, or in the mirror's setting.",
  });
}

function nextAddress(from: URL, location: string, original: URL, redirectHosts: readonly string[]): URL {
  const to = parseAddress(new URL(location, from).href);
  // The port counts: on one machine another port is another server.
  if (to.host === original.host || redirectHosts.includes(to.hostname)) return to;
  throw new BuildError("AddressRefused", {
    title: "Redirect to another host refused.",
    where: original.href,
    got: to.href,
    allowed: [original.host, ...redirectHosts].join(", "),
    fix: "If the upstream project has moved its files, change the address in the coin's release source; if this host is trusted, allow it in `redirectHosts`.",
  });
}

async function openFollowing(original: URL, headers: Record<string, string>, limits: FetchLimits, signal: AbortSignal): Promise<Response> {
  let address = original;
  for (let hop = 0; hop <= maxRedirects; hop += 1) {
    const response = await fetch(address, { redirect: "manual", signal, headers: { "accept-encoding": "identity", ...headers } });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    address = nextAddress(address, location, original, limits.redirectHosts);
  }
  throw new BuildError("AddressRefused", {
    title: "Too many redirects.",
    where: original.href,
    allowed: `at most ${maxRedirects}`,
    fix: "Correct the address in the coin's release source.",
  });
}

function tooLarge(url: string, limits: FetchLimits, got: number): BuildError {
  return new BuildError("DownloadTooLarge", {
    title: "Download is larger than allowed.",
    where: url,
    got: `${got} bytes or more`,
    allowed: `${limits.maxBytes} bytes`,
    fix: "Check the address; if the file is really that large, raise `maxBytes`.",
  });
}

/** A status that will not become better by asking again. */
function refusedStatus(url: string, response: Response): BuildError {
  const isTransient = response.status === 408 || response.status === 429 || response.status >= 500;
  return new BuildError("DownloadFailed", {
    title: "Download refused by the server.",
    where: url,
    got: `HTTP ${response.status}`,
    allowed: "HTTP 200",
    fix: isTransient ? "Try again later, or use a mirror." : "Check the version and the address in the coin's release source.",
    isTransient,
  });
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    (entry) => entry.size,
    () => 0,
  );
}

/** Where a response starts in the file: what was asked for, 0 when the server sent the whole, or an error. */
function startOf(url: string, response: Response, asked: number): number {
  if (response.status === 200) return 0;
  if (response.status === 206 && asked > 0 && response.headers.get("content-range")?.startsWith(`bytes ${asked}-`) === true) return asked;
  throw refusedStatus(url, response);
}

interface Attempt {
  readonly url: URL;
  readonly file: string;
  readonly limits: FetchLimits;
  readonly deadline: number;
  readonly onProgress: OnProgress;
}

async function attemptDownload({ url, file, limits, deadline, onProgress }: Attempt): Promise<void> {
  const controller = new AbortController();
  const silenceMs = (): number => Math.max(1, Math.min(limits.stallTimeoutMs, deadline - Date.now()));
  const giveUp = (): void =>
    controller.abort(new Error(Date.now() >= deadline ? "time limit reached" : `no data for ${limits.stallTimeoutMs} ms`));
  const timer = setTimeout(giveUp, silenceMs());
  const hardStop = setTimeout(giveUp, Math.max(1, deadline - Date.now()));
  try {
    const asked = await sizeOf(file);
    const response = await openFollowing(url, asked > 0 ? { range: `bytes=${asked}-` } : {}, limits, controller.signal);
    if (response.status === 416) {
      await rm(file, { force: true });
      throw new Error("the server cannot resume this file");
    }
    const start = startOf(url.href, response, asked);
    const length = Number(response.headers.get("content-length") ?? Number.NaN);
    if (start + length > limits.maxBytes) throw tooLarge(url.href, limits, start + length);
    if (response.body === null) throw new Error("empty answer");
    let done = start;
    const what = `download ${url.pathname.split("/").at(-1) ?? url.host} from ${url.host}`;
    const counted = async function* (body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of body) {
        timer.refresh();
        done += chunk.length;
        if (done > limits.maxBytes) throw tooLarge(url.href, limits, done);
        onProgress({ what, done, unit: "B", ...(Number.isNaN(length) ? {} : { total: start + length }) });
        yield chunk;
      }
    };
    await pipeline(Readable.fromWeb(response.body), counted, createWriteStream(file, { flags: start > 0 ? "a" : "w" }));
    if (!Number.isNaN(length) && done !== start + length) throw new Error(`truncated: ${done} of ${start + length} bytes`);
  } finally {
    clearTimeout(timer);
    clearTimeout(hardStop);
  }
}

/**
 * Downloads `url` into `file`. A file that is there already is taken for the beginning of it and continued. Nobody may trust the
 * result before its digest was compared. After a refusal the file is gone; after a transient failure its beginning stays for a later call.
 * @throws {@link BuildError}
 */
export async function download(
  url: string,
  file: string,
  limits: FetchLimits = defaultLimits,
  onProgress: OnProgress = silent,
): Promise<void> {
  const address = parseAddress(url);
  await mkdir(dirname(file), { recursive: true });
  const deadline = Date.now() + limits.totalTimeoutMs;
  let last: unknown;
  for (let attempt = 0; attempt < limits.attempts; attempt += 1) {
    if (attempt > 0) await sleep(Math.min(limits.backoffMs * 2 ** (attempt - 1), Math.max(0, deadline - Date.now())));
    try {
      await attemptDownload({ url: address, file, limits, deadline, onProgress });
      return;
    } catch (cause) {
      last = cause;
      if (cause instanceof BuildError && !cause.isTransient) {
        await rm(file, { force: true });
        throw cause;
      }
      if (Date.now() >= deadline) break;
    }
  }
  const isTimeout = Date.now() >= deadline;
  throw new BuildError(
    isTimeout ? "DownloadTimeout" : "DownloadFailed",
    {
      title: isTimeout ? "Download took too long." : `Download failed ${limits.attempts} times.`,
      where: url,
      got: last instanceof BuildError ? (last.details.got ?? last.details.title) : describeCause(last),
      fix: "Check the network and the proxy settings, or set a mirror; a later run continues where this one stopped.",
      isTransient: true,
    },
    { cause: last },
  );
}
