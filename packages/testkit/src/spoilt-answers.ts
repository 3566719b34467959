import { isDeepStrictEqual } from "node:util";
import { ProbeError, type Coin, type ProbeFailure, type SyncContext, type SyncStatus } from "@coinfleet/sdk";
import { recordedNode } from "./fake-node.ts";
import type { Exchange, Recording } from "./recording.ts";

/** What a daemon answered to one call. */
export type Answer = Exchange["answer"];

/** What can happen to any answer of any client. Data, so that every coin is tried with all of it. */
export interface Spoiling {
  readonly what: string;
  /** What comes in the answer's place; several, where several parts of it can be spoilt. None, where it does not apply. */
  readonly spoil: (answer: Answer) => readonly Answer[];
  /** The failure that it must be. @default - any; or the status that was read without it, where the check does not look at what is spoilt */
  readonly failure?: ProbeFailure;
}

const failed =
  (failure: "refused" | "timeout" | "too-large"): Spoiling["spoil"] =>
  () => [{ failure }];

/** A body in the place of one that is looked at. */
const body =
  (status: number, text: string): Spoiling["spoil"] =>
  (answer) =>
    "text" in answer && answer.text !== "" ? [{ status, text }] : [];

const html = "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>";

/** What happens on the way. */
const transport: readonly Spoiling[] = [
  { what: "a connection that is refused", spoil: failed("refused"), failure: "refused" },
  { what: "no answer in time", spoil: failed("timeout"), failure: "timeout" },
  { what: "an answer that is larger than one may be", spoil: failed("too-large"), failure: "too-large" },
  { what: "HTTP 401", spoil: () => [{ status: 401, text: "" }], failure: "unauthorized" },
  { what: "HTTP 403", spoil: () => [{ status: 403, text: html }], failure: "unauthorized" },
  { what: "HTTP 502 with a page in HTML", spoil: () => [{ status: 502, text: html }], failure: "rpc-error" },
  { what: "a page in HTML instead of an answer", spoil: body(200, html), failure: "malformed" },
  { what: "an empty answer", spoil: body(200, ""), failure: "malformed" },
  {
    what: "half an answer",
    // Half of a number's bytes is a number. That an answer ended too early, the agent's client sees by its length.
    spoil: (answer) => ("text" in answer && answer.text !== "" ? [{ ...answer, text: answer.text.slice(0, answer.text.length / 2) }] : []),
    failure: "malformed",
  },
];

/** A value in JSON as it is written: 2^53 + 1 is no number of JavaScript's. */
interface Written {
  readonly json: string;
}

const written = (json: string): Written => ({ json });
const asJson = (value: unknown): Written => written(JSON.stringify(value));

/** Gives another notation of a value, or nothing where it has none. */
type Rewrite = (value: unknown) => Written | undefined;

const isDecimal = (value: unknown): value is string => typeof value === "string" && /^\d+$/.test(value);
const isHex = (value: unknown): value is string => typeof value === "string" && /^0x[0-9a-f]{1,16}$/i.test(value);
const isWhole = (value: unknown): value is number => typeof value === "number" && Number.isInteger(value);

/** The same value in another notation, and values that no client means. Each is put in the place of every leaf of the answer in turn. */
const rewrites: Readonly<Record<string, Rewrite>> = {
  "numbers as decimal text": (value) => (isWhole(value) ? asJson(String(value)) : isHex(value) ? asJson(String(BigInt(value))) : undefined),
  "numbers as hex text": (value) =>
    isWhole(value) && value >= 0
      ? asJson(`0x${value.toString(16)}`)
      : isDecimal(value)
        ? asJson(`0x${BigInt(value).toString(16)}`)
        : undefined,
  "text that holds a number as a number": (value) => (isDecimal(value) || isHex(value) ? written(BigInt(value).toString()) : undefined),
  "numbers beyond 2^53": (value) => {
    if (isWhole(value)) return written("9007199254740993");
    if (isDecimal(value)) return asJson("9007199254740993");
    return isHex(value) ? asJson("0x20000000000001") : undefined;
  },
  "negative numbers": (value) =>
    isWhole(value) ? written("-1") : isDecimal(value) ? asJson("-1") : isHex(value) ? asJson("-0x1") : undefined,
  fractions: (value) => (isWhole(value) ? written("0.5") : isDecimal(value) ? asJson("0.5") : undefined),
  "null in the place of a value": (value) => (value === null ? undefined : written("null")),
  "a truth value in the place of another value": (value) => (typeof value === "boolean" || value === null ? undefined : written("true")),
  "text in the place of a truth value": (value) => (typeof value === "boolean" ? asJson(String(value)) : undefined),
  "empty text": (value) => (typeof value === "string" && value !== "" ? asJson("") : undefined),
  "a list in the place of a value": (value) => (value === null ? undefined : written("[]")),
};

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Paths to all that is no object and no list, and to these themselves below the top. */
function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  const below = isContainer(value) ? Object.entries(value).flatMap(([key, child]) => pathsOf(child, [...path, key])) : [];
  return path.length === 0 ? below : [path, ...below];
}

const mark = "spoilt: here stands what is written in its place";

/** The JSON text with what stands at a path changed; without it where nothing takes its place. */
function rewriteAt(text: string, path: readonly string[], rewrite: Rewrite | "missing"): string | undefined {
  const root: unknown = JSON.parse(text);
  const last = path.at(-1) ?? "";
  const parent = path.slice(0, -1).reduce<unknown>((at, key) => (isContainer(at) ? Reflect.get(at, key) : undefined), root);
  if (!isContainer(parent)) return undefined;
  if (rewrite === "missing") {
    if (Array.isArray(parent)) return undefined;
    Reflect.deleteProperty(parent, last);
    return JSON.stringify(root);
  }
  const value: unknown = Reflect.get(parent, last);
  const put = isContainer(value) && rewrite !== rewrites["null in the place of a value"] ? undefined : rewrite(value);
  if (put === undefined) return undefined;
  Reflect.set(parent, last, mark);
  return JSON.stringify(root).replace(JSON.stringify(mark), () => put.json);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const values =
  (rewrite: Rewrite | "missing"): Spoiling["spoil"] =>
  (answer) => {
    if (!("text" in answer) || !isJson(answer.text)) return [];
    return pathsOf(JSON.parse(answer.text)).flatMap((path) => {
      const text = rewriteAt(answer.text, path, rewrite);
      return text === undefined ? [] : [{ ...answer, text }];
    });
  };

/** Every spoiling of the conformance suite. */
export const spoilings: readonly Spoiling[] = [
  ...transport,
  ...Object.entries(rewrites).map(([what, rewrite]) => ({ what, spoil: values(rewrite) })),
  { what: "a value that is missing", spoil: values("missing") },
];

/** What a sync check makes of a recording of which one answer is spoilt: a sentence for each time that it is taken in. Empty: it never is. */
export async function takenIn(
  { syncCheck }: Pick<Coin, "syncCheck">,
  context: SyncContext<unknown>,
  { exchanges, expected }: Recording,
  { spoil, failure }: Spoiling,
): Promise<readonly string[]> {
  if ("failure" in expected) throw new Error("only what gives a status can be spoilt");
  const found: string[] = [];
  for (const [index, exchange] of exchanges.entries()) {
    for (const answer of spoil(exchange.answer)) {
      const node = recordedNode(exchanges.with(index, { ...exchange, answer }));
      const problem = await outcome(() => syncCheck(node, context), expected.status, failure);
      if (problem !== undefined) found.push(`${exchange.method ?? exchange.path} answers ${shown(answer)}: ${problem}`);
    }
  }
  return found;
}

const shown = (answer: Answer): string => JSON.stringify(answer).slice(0, 400);

/** A typed failure is right; so is the status as it was, where the check does not look there. More cautious it may become, and nothing else. */
async function outcome(
  check: () => Promise<SyncStatus>,
  before: SyncStatus,
  failure: ProbeFailure | undefined,
): Promise<string | undefined> {
  try {
    const status = await check();
    if (failure !== undefined) return `gave a status, not the failure "${failure}"`;
    const isAsBefore = isDeepStrictEqual(status, before) || isDeepStrictEqual(status, { ...before, isInitialSync: true });
    return isAsBefore ? undefined : `gave ${JSON.stringify(status)}`;
  } catch (error) {
    if (!(error instanceof ProbeError)) return `threw ${String(error)}`;
    return failure === undefined || error.failure === failure ? undefined : `failed with "${error.failure}", not "${failure}"`;
  }
}
