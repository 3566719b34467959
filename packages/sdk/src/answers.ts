import { z } from "zod";
import type { NodeClient } from "./sync-status.ts";
import { ProbeError } from "./sync-status.ts";

// Everything that a daemon says goes through one of these. What does not fit is an error, never a default:
// a node that lies about its health must not be served.

/** A height or a count as a JSON number: whole, not negative, at most 2^53 − 1. */
export const numberHeight: z.ZodType<number> = z.int().nonnegative();

/** The same as an Ethereum quantity: `0x` and hex digits. */
export const hexHeight: z.ZodType<number> = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,16}$/)
  .transform((text) => Number(BigInt(text)))
  .pipe(z.int().nonnegative());

/** The same as decimal digits in a string. */
export const textHeight: z.ZodType<number> = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform((text) => Number(BigInt(text)))
  .pipe(z.int().nonnegative());

const longestHeight = 8;

/** The same as the bytes of a number, the highest first, of which there is at least one. Some clients say "none yet" by sending none. */
export const bytesHeight: z.ZodType<number> = z
  .instanceof(Uint8Array)
  .refine(({ length }) => length >= 1 && length <= longestHeight, `not 1 to ${longestHeight} bytes`)
  .transform((bytes) => Number(bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)))
  .pipe(z.int().nonnegative());

/** Unix seconds as a JSON number. Zero is no time: clients print it for a block that they do not have. */
export const unixSeconds: z.ZodType<number> = z.int().positive();

/** A time as RFC 3339 prints it, with its zone, as Unix seconds. */
export const rfc3339Seconds: z.ZodType<number> = z.iso
  .datetime({ offset: true })
  .transform((text) => Math.floor(Date.parse(text) / 1000))
  .pipe(z.int().positive());

/** A hash as 64 hex digits. */
export const hash: z.ZodType<string> = z.string().regex(/^[0-9a-f]{64}$/);

/** A hash as `0x` and 64 hex digits. */
export const hexHash: z.ZodType<string> = z.string().regex(/^0x[0-9a-f]{64}$/);

/**
 * What an answer says, if it has the expected shape.
 * @throws {@link ProbeError} `malformed`, with the call and the path of the first thing that does not fit; never with the answer itself.
 */
export function readAnswer<T>(shape: z.ZodType<T>, answer: unknown, call: string): T {
  const read = shape.safeParse(answer);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? "the answer" : issue.path.map(String).join(".");
  throw new ProbeError("malformed", `${call}: ${where}: ${issue?.message ?? "does not fit"}`.slice(0, 300));
}

const envelope = z.union([
  z.object({ error: z.object({ code: z.int(), message: z.string() }) }),
  z.object({ error: z.null().optional(), result: z.unknown() }).refine((answer) => answer.result !== undefined, "result is missing"),
]);

/** What {@link rpcAt} calls. */
export interface RpcCall {
  /** Role of the port. */
  readonly port: string;
  /** Path of the JSON-RPC end point, where it is not `/`. */
  readonly path: string;
  readonly method: string;
  readonly params?: readonly unknown[] | Readonly<Record<string, unknown>>;
}

/**
 * JSON-RPC 2.0 call to an end point with a path of its own. Resolves to `result`.
 * @throws {@link ProbeError} `rpc-error` with the daemon's code, or `malformed`
 */
export async function rpcAt(node: NodeClient, { port, path, method, params }: RpcCall): Promise<unknown> {
  const body = { jsonrpc: "2.0", id: 0, method, ...(params === undefined ? {} : { params }) };
  const answer = readAnswer(envelope, await node.http(port, path, body), method);
  if ("result" in answer) return answer.result;
  const { code, message } = answer.error ?? { code: 0, message: "no result" };
  throw new ProbeError("rpc-error", `${method}: ${message}`.slice(0, 300), code);
}

/**
 * Result of a JSON-RPC call at `/` of the port `rpc`, if it has the expected shape.
 * @throws {@link ProbeError}
 */
export async function readRpc<T>(node: NodeClient, shape: z.ZodType<T>, method: string, params: readonly unknown[] = []): Promise<T> {
  return readAnswer(shape, await rpcAt(node, { port: "rpc", path: "/", method, params }), method);
}

/**
 * What a path of the node's HTTP API answers, if it has the expected shape; `body` makes it a POST.
 * @throws {@link ProbeError}
 */
export async function httpAt<T>(node: NodeClient, port: string, shape: z.ZodType<T>, path: string, body?: unknown): Promise<T> {
  return readAnswer(shape, await node.http(port, path, body), path);
}

/**
 * The value of a metric without labels in Prometheus' text format: a whole number, not negative.
 * @throws {@link ProbeError} `malformed` where it is missing, twice there, or no such number
 */
export function readMetric(exposition: string, name: string): number {
  const lines = exposition.endsWith("\n") ? exposition.split("\n") : [];
  // Some clients print every value as a fraction: 25.000000.
  const values = lines
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{} `))
    .map((line) => line.split(" ")[1]?.replace(/\.0+$/, ""));
  return readAnswer(z.tuple([textHeight]), values, name)[0];
}

/**
 * Refuses an answer of another network than the one that the stack file names.
 * @throws {@link ProbeError} `wrong-network`
 */
export function requireNetwork(what: string, got: string | number, expected: string | number): void {
  if (got !== expected) throw new ProbeError("wrong-network", `${what} is ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}`);
}

/**
 * Refuses an answer of a network that it must not be of. For a private network that begins anew on each start: it has no mark of its own, and is none of
 * the public ones.
 * @throws {@link ProbeError} `wrong-network`
 */
export function refuseNetworks(what: string, got: string, others: readonly string[]): void {
  if (others.includes(got)) throw new ProbeError("wrong-network", `${what} is ${JSON.stringify(got)}: that of a public network`);
}
