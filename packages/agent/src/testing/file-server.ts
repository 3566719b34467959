import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { serve, type TestServer } from "./serve.ts";

/** How a {@link FileServer} misbehaves. Each can be changed while it is asked. */
export interface FileServerFaults {
  /** Knows no ranges. */
  noRanges?: boolean;
  /** Gives neither ETag nor Last-Modified. */
  noValidator?: boolean;
  /** Ends each connection after so many bytes of an answer. */
  dropAfterBytes?: number | undefined;
  /** Answers with this status. */
  status?: number | undefined;
  /** Says that the file is longer than it is. */
  extraLength?: number;
  /** Sends other bytes than it was asked for. */
  shiftedBy?: number;
  /** Called before each answer. */
  before?: (request: IncomingMessage, path: string) => Promise<void> | void;
}

/** A server of files with ranges and entity tags, and with faults when a test wants them. */
export class FileServer {
  readonly files: Readonly<Record<string, Buffer>>;
  readonly faults: FileServerFaults = {};
  /** Path and first byte of each answer. */
  readonly asked: { readonly path: string; readonly from: number }[] = [];
  #server: TestServer | undefined;
  #port = 0;
  #open = 0;
  /** Bytes sent, and the most answers at once. */
  sentBytes = 0;
  mostAtOnce = 0;

  constructor(files: Readonly<Record<string, Buffer>>) {
    this.files = { ...files };
  }

  async start(): Promise<this> {
    this.#server = await serve((request, response) => void this.#answer(request, response), this.#port);
    this.#port = this.#server.port;
    return this;
  }

  /** Ends all connections. {@link start} takes the same port again. */
  stop(): void {
    this.#server?.close();
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.#port}/${path}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#open);
    response.once("close", () => this.#open--);
    const path = (request.url ?? "/").slice(1);
    await this.faults.before?.(request, path);
    if (response.destroyed) return;
    const { status, noRanges, noValidator, extraLength = 0, shiftedBy = 0 } = this.faults;
    const file = this.files[path];
    if (status !== undefined || file === undefined) return void response.writeHead(status ?? 404).end();
    const etag = `"${createHash("md5").update(file).digest("hex")}"`;
    const validators = noValidator === true ? {} : { etag };
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const sameFile = request.headers["if-range"] === undefined || request.headers["if-range"] === etag;
    const size = file.length + extraLength;
    const from = range === null || noRanges === true || !sameFile ? 0 : Number(range[1]);
    const isRange = range !== null && noRanges !== true && sameFile;
    if (isRange && from >= size) return void response.writeHead(416).end();
    const to = isRange && range[2] !== "" ? Math.min(Number(range[2]), size - 1) : size - 1;
    this.asked.push({ path, from });
    response.writeHead(isRange ? 206 : 200, {
      ...validators,
      "content-length": to - from + 1,
      ...(isRange ? { "content-range": `bytes ${from + shiftedBy}-${to + shiftedBy}/${size}` } : {}),
    });
    await this.#send(response, file.subarray(from, to + 1));
  }

  async #send(response: ServerResponse, bytes: Buffer): Promise<void> {
    const end = this.faults.dropAfterBytes ?? Number.POSITIVE_INFINITY;
    for (let at = 0; at < bytes.length && !response.destroyed; at += 65_536) {
      if (at >= end) response.destroy();
      const piece = bytes.subarray(at, at + 65_536);
      this.sentBytes += piece.length;
      if (!response.write(piece)) await new Promise((resolve) => response.once("drain", resolve).once("close", resolve));
    }
    response.end();
  }
}
