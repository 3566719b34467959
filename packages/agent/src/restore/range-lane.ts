import net from "node:net";
import tls from "node:tls";

/** One range of a file, to be read into memory that is already there. */
export interface LaneRequest {
  readonly from: number;
  /** As long as the range. */
  readonly target: Buffer;
  /** Length of the whole file. */
  readonly totalBytes: number;
  readonly validator: string;
}

/** A range that a lane did not read to its end. */
export class LaneError extends Error {
  /** Bytes at the start of the target that are right. */
  readonly bytes: number;
  constructor(bytes: number, message: string) {
    super(message);
    this.bytes = bytes;
  }
}

const headBytes = 16 * 1024;
const silenceMs = 30_000;

/**
 * One connection to a server that has shown that it serves ranges. Bytes go from the socket to their place: Node's HTTP client makes a new
 * buffer for each 64 KiB, and collecting those takes longer than everything else that a restore does. It knows one answer, the right one;
 * whatever else a server says is for {@link requestRange} to understand.
 */
export class RangeLane {
  readonly #url: URL;
  #socket: net.Socket | undefined;
  readonly #head = Buffer.allocUnsafeSlow(headBytes);
  #headLength = 0;
  #filled: number | undefined;
  #request: LaneRequest | undefined;
  #settle: ((error?: LaneError) => void) | undefined;

  constructor(url: URL) {
    this.#url = url;
  }

  /** Fills the target. One call at a time. @throws {@link LaneError} */
  read(request: LaneRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      [this.#request, this.#headLength, this.#filled] = [request, 0, undefined];
      this.#settle = (error) => {
        this.#settle = undefined;
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#socket ??= this.#connect();
      this.#socket.write(this.#requestText(request));
    });
  }

  close(): void {
    this.#end("the lane was closed");
  }

  #requestText({ from, target, validator }: LaneRequest): string {
    const lines = [
      `GET ${this.#url.pathname}${this.#url.search} HTTP/1.1`,
      `Host: ${this.#url.host}`,
      "Accept-Encoding: identity",
      `Range: bytes=${from}-${from + target.length - 1}`,
      `If-Range: ${validator}`,
    ];
    return `${lines.join("\r\n")}\r\n\r\n`;
  }

  #connect(): net.Socket {
    const { hostname, port, protocol } = this.#url;
    const onread = {
      buffer: (): Buffer =>
        this.#filled === undefined ? this.#head.subarray(this.#headLength) : (this.#request?.target.subarray(this.#filled) ?? this.#head),
      callback: (bytes: number): boolean => {
        this.#take(bytes);
        return true;
      },
    };
    const host = hostname.replace(/^\[|\]$/g, "");
    const to = { host, port: Number(port || (protocol === "https:" ? 443 : 80)), onread };
    const socket = protocol === "https:" ? tls.connect(net.isIP(host) === 0 ? { ...to, servername: host } : to) : net.connect(to);
    socket.setTimeout(silenceMs, () => {
      this.#end(`nothing was sent for ${silenceMs / 1000} s`);
    });
    socket.on("error", (error: Error) => {
      this.#end(error.message);
    });
    socket.on("close", () => {
      this.#end("the connection was closed");
    });
    return socket;
  }

  #take(bytes: number): void {
    if (this.#settle === undefined || this.#request === undefined) return this.#end("the server sends more than it was asked for");
    if (this.#filled !== undefined) this.#filled += bytes;
    else {
      this.#headLength += bytes;
      const end = this.#head.subarray(0, this.#headLength).indexOf("\r\n\r\n");
      if (end < 0) return this.#headLength < headBytes ? undefined : this.#end("the head of the answer is too long");
      const { target } = this.#request;
      const body = this.#head.subarray(end + 4, this.#headLength);
      if (!isExpected(this.#head.toString("latin1", 0, end), this.#request) || body.length > target.length)
        return this.#end("another answer than the expected one");
      this.#filled = body.copy(target);
    }
    if (this.#filled === this.#request.target.length) {
      [this.#filled, this.#headLength, this.#request] = [undefined, 0, undefined];
      this.#settle();
    }
  }

  #end(why: string): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
    this.#settle?.(new LaneError(this.#filled ?? 0, why));
  }
}

/** Whether the head is that of exactly the bytes that were asked for, of the same file, neither encoded nor in pieces. */
function isExpected(head: string, { from, target, totalBytes, validator }: LaneRequest): boolean {
  const [statusLine = "", ...lines] = head.split("\r\n");
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
  return (
    /^HTTP\/1\.1 206(?: |$)/.test(statusLine) &&
    headers.get("content-length") === String(target.length) &&
    headers.get("content-range") === `bytes ${from}-${from + target.length - 1}/${totalBytes}` &&
    (headers.get("etag") === validator || headers.get("last-modified") === validator) &&
    !headers.has("transfer-encoding") &&
    headers.get("connection")?.toLowerCase() !== "close"
  );
}
