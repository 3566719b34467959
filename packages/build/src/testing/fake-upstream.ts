import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How one path answers. */
export type Answer = Buffer | string | ((request: IncomingMessage, response: ServerResponse) => void);

/** An upstream project's web server on loopback. */
export interface FakeUpstream {
  readonly url: string;
  readonly host: string;
  /** Paths asked for, in order, with their `Range`. */
  readonly requests: string[];
  serve(path: string, answer: Answer): void;
  close(): Promise<void>;
}

/** Answers with all of `bytes`, or with the rest of them from where the client says. */
export function withRanges(bytes: Buffer): Answer {
  return (request, response) => {
    const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const headers = { "content-length": bytes.length - start, "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(start > 0 ? 206 : 200, headers).end(bytes.subarray(start));
  };
}

function isAddress(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}

export async function startUpstream(): Promise<FakeUpstream> {
  const answers = new Map<string, Answer>();
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    const path = request.url ?? "/";
    requests.push(request.headers.range === undefined ? path : `${path} ${request.headers.range}`);
    const answer = answers.get(path);
    if (answer === undefined) response.writeHead(404).end("not found");
    else if (typeof answer === "function") answer(request, response);
    else response.writeHead(200, { "content-length": Buffer.byteLength(answer) }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (!isAddress(address)) throw new Error("not listening");
  const host = `127.0.0.1:${address.port}`;
  return {
    url: `http://${host}`,
    host,
    requests,
    serve: (path, answer) => answers.set(path, answer),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
