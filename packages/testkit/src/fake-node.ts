import { ProbeError, type NodeClient } from "@coinfleet/sdk";
import { z } from "zod";
import type { Exchange } from "./recording.ts";

/** An answer of a fake node: a JSON value, an error to throw, or a function of the call's parameters that gives one of them. */
export type FakeAnswer = unknown;

/**
 * A node that answers from a table. Keys are JSON-RPC methods, or paths for plain HTTP calls. A call that the table does not know throws an
 * error that is no {@link ProbeError}: a sync check must not be able to swallow it.
 */
export function fakeNode(answers: Readonly<Record<string, FakeAnswer>>): NodeClient {
  const answer = (key: string, params: unknown): unknown => {
    if (!Object.hasOwn(answers, key)) throw new Error(`fakeNode: nobody said what ${key} answers`);
    const entry = answers[key];
    const value: unknown = typeof entry === "function" ? Reflect.apply(entry, undefined, [params]) : entry;
    if (value instanceof Error) throw value;
    return value;
  };
  return {
    jsonRpc: (_port, method, params) => settle(() => answer(method, params)),
    http: (_port, path, body) =>
      settle(() => {
        const call = readCall(body);
        if (call === undefined || Object.hasOwn(answers, path)) return answer(path, body);
        try {
          return { jsonrpc: "2.0", id: 0, result: answer(call.method, call.params) };
        } catch (error) {
          if (error instanceof ProbeError && error.failure === "rpc-error")
            return { jsonrpc: "2.0", id: 0, error: { code: error.code ?? 0, message: error.message } };
          throw error;
        }
      }),
    text: (_port, path) => settle(() => String(answer(path, undefined))),
    bytes: (_port, path) => settle(() => asBytes(answer(path, undefined))),
  };
}

/** A node that answers every call alike: with a value, or with an error. */
export function constantNode(value: unknown): NodeClient {
  const answer = (): Promise<unknown> => (value instanceof Error ? Promise.reject(value) : Promise.resolve(value));
  return { jsonRpc: answer, http: answer, text: async () => asText(await answer()), bytes: async () => asBytes(await answer()) };
}

const asBytes = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : new TextEncoder().encode(asText(value)));

/** What a value looks like to a client that reads text. */
const asText = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

/** A node that answers as a recorded one did, from what came over the wire. */
export function recordedNode(exchanges: readonly Exchange[]): NodeClient {
  const find = (port: string, path: string, method: string | undefined, params: unknown): HttpAnswer => {
    const wanted = JSON.stringify([port, path, method, params ?? []]);
    const found = exchanges.find((one) => JSON.stringify([one.port, one.path, one.method, one.params ?? []]) === wanted);
    if (found === undefined) throw new Error(`recordedNode: not recorded: ${wanted}`);
    return answerOf(found);
  };
  return {
    jsonRpc: (port, method, params) =>
      settle(() => {
        const answer = find(port, "/", method, params);
        const body = bodySchema.parse(readJson(answer));
        if (body.error != null) throw new ProbeError("rpc-error", body.error.message, body.error.code);
        if (answer.status !== 200) throw new ProbeError("rpc-error", `HTTP ${answer.status}`);
        if (body.result === undefined) throw new ProbeError("malformed", "the answer has no result");
        return body.result;
      }),
    http: (port, path, body) =>
      settle(() => {
        const call = readCall(body);
        return readJson(ok(find(port, path, call?.method, call?.params)));
      }),
    text: (port, path) => settle(() => ok(find(port, path, undefined, undefined)).text),
    bytes: (port, path) => settle(() => ok(find(port, path, undefined, undefined)).bytes),
  };
}

const bodySchema = z.looseObject({ result: z.unknown().optional(), error: z.object({ code: z.int(), message: z.string() }).nullish() });

interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  readonly bytes: Uint8Array;
}

// What the agent's client makes of an HTTP answer.

function answerOf({ answer }: Exchange): HttpAnswer {
  if ("failure" in answer) throw new ProbeError(answer.failure, `the connection: ${answer.failure}`);
  const { status } = answer;
  if (status === 401 || status === 403) throw new ProbeError("unauthorized", `HTTP ${status}`);
  const bytes = "hex" in answer ? Buffer.from(answer.hex, "hex") : Buffer.from(answer.text);
  return { status, bytes, text: bytes.toString("utf8") };
}

function ok(answer: HttpAnswer): HttpAnswer {
  if (answer.status < 200 || answer.status > 299) throw new ProbeError("rpc-error", `HTTP ${answer.status}`);
  return answer;
}

function readJson({ status, text }: HttpAnswer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProbeError(status === 200 ? "malformed" : "rpc-error", `HTTP ${status}, not JSON`);
  }
}

function readCall(body: unknown): { readonly method: string; readonly params?: unknown } | undefined {
  if (typeof body !== "object" || body === null || !("method" in body) || typeof body.method !== "string") return undefined;
  return { method: body.method, ...("params" in body ? { params: body.params } : {}) };
}

function settle<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }
}
