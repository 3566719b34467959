import http from "node:http";
import https from "node:https";

/** An HTTP request with an end: in time and in size. */
export interface BoundedRequest {
  readonly url: string;
  /** JSON text to POST. Absent: GET. */
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** From the first byte sent to the last one read. */
  readonly timeoutMs: number;
  readonly maximumBytes: number;
  /** A daemon's own certificate on the loopback interface proves nothing and need not be checked. @default false */
  readonly acceptSelfSigned?: boolean;
}

/** An answer, whatever its status. */
export interface BoundedResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly bytes: Uint8Array;
  /** The same as UTF-8. */
  readonly text: string;
}

/** Why there is no answer. */
export type RequestFailure = "refused" | "timeout" | "too-large" | "failed";

/** A request that got no complete answer. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly failure: RequestFailure;
  constructor(failure: RequestFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

// One connection per end point is kept: a new one for each probe would fill the daemons' logs.
const agents = {
  "http:": new http.Agent({ keepAlive: true, maxSockets: 4 }),
  "https:": new https.Agent({ keepAlive: true, maxSockets: 4 }),
};

/** Sends one request. Does not follow redirects: nobody who is asked here has a reason to send one. @throws {@link RequestError} */
export async function boundedRequest(request: BoundedRequest): Promise<BoundedResponse> {
  const deadline = AbortSignal.timeout(request.timeoutMs);
  try {
    const response = await open(request, deadline);
    const bytes = await readAll(response, request.maximumBytes);
    return { status: response.statusCode ?? 0, headers: response.headers, bytes, text: bytes.toString("utf8") };
  } catch (error) {
    if (error instanceof RequestError) throw error;
    if (deadline.aborted) throw new RequestError("timeout", `no answer in ${request.timeoutMs} ms`);
    const message = error instanceof Error ? error.message : String(error);
    throw new RequestError(isRefusal(error) ? "refused" : "failed", message);
  }
}

function open({ url, body, headers, acceptSelfSigned }: BoundedRequest, signal: AbortSignal): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const target = new URL(url);
    const options: https.RequestOptions = {
      method: body === undefined ? "GET" : "POST",
      headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      signal,
      ...(acceptSelfSigned === true ? { rejectUnauthorized: false } : {}),
    };
    const request =
      target.protocol === "https:"
        ? https.request(target, { ...options, agent: agents["https:"] }, resolve)
        : http.request(target, { ...options, agent: agents["http:"] }, resolve);
    request.on("error", reject);
    request.end(body);
  });
}

async function readAll(response: http.IncomingMessage, maximumBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > maximumBytes) {
      response.destroy();
      throw new RequestError("too-large", `the answer is larger than ${maximumBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    (error.code === "ECONNREFUSED" || error.code === "ECONNRESET" || error.code === "ENOTFOUND")
  );
}
