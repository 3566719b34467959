import http from "node:http";
import https from "node:https";
import { RestoreError } from "./restore-error.ts";

/** What is asked for: bytes from `from` to `to`, both included. */
export interface RangeRequest {
  readonly url: string;
  readonly from: number;
  /** Absent: to the end. */
  readonly to?: number;
  /** The `ETag` or `Last-Modified` of the answer before: another file must not be mixed with this one. */
  readonly validator?: string | undefined;
  /** Decides how many connections there are at once. */
  readonly connections: Connections;
  readonly signal: AbortSignal;
}

/** An answer whose body can be read. */
export interface RangeAnswer {
  /** Where the redirects ended. */
  readonly finalUrl: URL;
  readonly body: http.IncomingMessage;
  /** False: the server knows no ranges, and sends the whole file. */
  readonly isRange: boolean;
  /** Length of the whole file, where the server says it. */
  readonly totalBytes: number | undefined;
  readonly validator: string | undefined;
}

/** Connections that are kept, and at most that many. */
export interface Connections {
  readonly "http:": http.Agent;
  readonly "https:": https.Agent;
}

/** A server that sends nothing for that long has gone. */
const silenceMs = 30_000;
const mostRedirects = 5;

/** At most `count` connections to each server. */
export function openConnections(count: number): Connections {
  const options = { keepAlive: true, maxSockets: count, timeout: silenceMs };
  return { "http:": new http.Agent(options), "https:": new https.Agent(options) };
}

/**
 * Asks for a part of a file, and follows redirects, never from HTTPS to HTTP.
 * @throws {@link RestoreError} transient where another try may work, permanent where the address or the server's answer is wrong
 */
export async function requestRange(request: RangeRequest): Promise<RangeAnswer> {
  let url = new URL(request.url);
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const body = await send(url, request);
    const { location } = body.headers;
    if (body.statusCode === undefined || body.statusCode < 300 || body.statusCode > 399 || location === undefined) {
      return readAnswer(body, request, url);
    }
    body.resume();
    const next = new URL(location, url);
    if (next.protocol !== "https:" && url.protocol === "https:") {
      throw new RestoreError("permanent", `${request.url} redirects from HTTPS to ${next.protocol}//${next.host}`);
    }
    url = next;
  }
  throw new RestoreError("permanent", `${request.url} redirects more than ${mostRedirects} times`);
}

function send(url: URL, { url: named, from, to, validator, connections, signal }: RangeRequest): Promise<http.IncomingMessage> {
  const headers = {
    "accept-encoding": "identity",
    range: `bytes=${from}-${to ?? ""}`,
    ...(validator === undefined ? {} : { "if-range": validator }),
  };
  return new Promise((resolve, reject) => {
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      reject(new RestoreError("permanent", `${named}: ${url.protocol} is neither http: nor https:`));
      return;
    }
    const request =
      url.protocol === "https:"
        ? https.get(url, { headers, signal, agent: connections["https:"] }, resolve)
        : http.get(url, { headers, signal, agent: connections["http:"] }, resolve);
    request.on("timeout", () => {
      request.destroy(new RestoreError("transient", `${named}: the server has sent nothing for ${silenceMs / 1000} s`));
    });
    request.on("error", (cause) => {
      reject(
        cause instanceof RestoreError ? cause : new RestoreError("transient", `${named} cannot be reached: ${cause.message}`, { cause }),
      );
    });
  });
}

function readAnswer(body: http.IncomingMessage, { url, from, validator }: RangeRequest, finalUrl: URL): RangeAnswer {
  const { statusCode: status = 0, headers } = body;
  const discard = (error: RestoreError): RestoreError => {
    body.destroy();
    return error;
  };
  // Only a strong validator says that the bytes are the same.
  const etag = headers.etag?.startsWith("W/") === true ? undefined : headers.etag;
  const now = etag ?? headers["last-modified"];
  if (status === 206) {
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers["content-range"] ?? "");
    if (range === null || Number(range[1]) !== from) {
      throw discard(
        new RestoreError("permanent", `${url} answers with other bytes than it was asked for: ${headers["content-range"] ?? "no range"}`),
      );
    }
    // A server may ignore If-Range.
    if (validator !== undefined && now !== validator) throw discard(changed(url));
    return { body, finalUrl, isRange: true, totalBytes: range[3] === "*" ? undefined : Number(range[3]), validator: now };
  }
  if (status === 200) {
    if (from > 0)
      throw discard(validator === undefined ? new RestoreError("changed", `${url} can only be read from its start`) : changed(url));
    const length = headers["content-length"];
    return { body, finalUrl, isRange: false, totalBytes: length === undefined ? undefined : Number(length), validator: now };
  }
  if (status === 416) throw discard(from === 0 ? new RestoreError("permanent", `${url} is empty`) : changed(url));
  const mayPass = status >= 500 || status === 429 || status === 408;
  throw discard(new RestoreError(mayPass ? "transient" : "permanent", `${url} answers HTTP ${status}`));
}

function changed(url: string): RestoreError {
  return new RestoreError("changed", `the file on the server has changed while it was being read: ${url}`);
}
