import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** An answer of AWS: a value for JSON, or an error by its code. */
export type FakeAnswer =
  | { readonly json: unknown }
  | { readonly xml: string }
  | { readonly error: string; readonly status?: number; readonly fields?: Readonly<Record<string, unknown>> };

/** Answers one operation. Gets the parsed JSON input, or the form of a query API. */
type FakeOperation = (input: Readonly<Record<string, unknown>>) => FakeAnswer;

/** AWS on loopback: only what a test declares; any other operation is refused by name. */
export interface FakeAws {
  /** Operations in the order in which they were called. */
  readonly calls: string[];
  on(operation: string, answer: FakeOperation): void;
  /** Points the clients of this process there until `close`. */
  close(): Promise<void>;
}

const settings = { AWS_REGION: "eu-central-1", AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_MAX_ATTEMPTS: "1" };

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function parseInput(target: string | undefined, body: string): Record<string, unknown> {
  if (target === undefined) return Object.fromEntries(new URLSearchParams(body));
  const parsed: unknown = JSON.parse(body);
  return isRecord(parsed) ? parsed : {};
}

function isAddress(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}

export async function startFakeAws(): Promise<FakeAws> {
  const operations = new Map<string, FakeOperation>();
  const calls: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const target = request.headers["x-amz-target"]?.toString();
      const input = parseInput(target, await text(request));
      const operation = target?.split(".").at(-1) ?? String(input["Action"]);
      calls.push(operation);
      const answer = operations.get(operation)?.(input) ?? { error: "UnexpectedOperation", status: 501 };
      if ("json" in answer) response.writeHead(200, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(answer.json));
      else if ("xml" in answer) response.writeHead(200, { "content-type": "text/xml" }).end(answer.xml);
      else if (target === undefined) {
        response.writeHead(answer.status ?? 400, { "content-type": "text/xml" });
        response.end(
          `<Response><Errors><Error><Code>${answer.error}</Code><Message>refused by the test</Message></Error></Errors><RequestID>1</RequestID></Response>`,
        );
      } else {
        response.writeHead(answer.status ?? 400, { "content-type": "application/x-amz-json-1.1" });
        response.end(JSON.stringify({ __type: answer.error, message: "refused by the test", ...answer.fields }));
      }
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (!isAddress(address)) throw new Error("not listening");
  const before = new Map([...Object.keys(settings), "AWS_ENDPOINT_URL"].map((name) => [name, process.env[name]] as const));
  Object.assign(process.env, settings, { AWS_ENDPOINT_URL: `http://127.0.0.1:${address.port}` });
  return {
    calls,
    on: (operation, answer) => operations.set(operation, answer),
    close: async () => {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
