import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** A loopback HTTP server for a test. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingMessage["headers"];
    readonly body: Buffer;
  }[];
  close(): void;
}

/** Answers every request with `answer`, and remembers what was asked. Takes any free port, or the one it is given. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void,
  at = 0,
): Promise<TestServer> {
  const requests: { method: string; path: string; headers: IncomingMessage["headers"]; body: Buffer }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      requests.push({ method: request.method ?? "", path: request.url ?? "", headers: request.headers, body });
      answer(request, response, body);
    });
  });
  server.listen(at, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
