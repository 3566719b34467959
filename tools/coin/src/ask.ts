import { createInterface } from "node:readline/promises";
import { z } from "zod";
import { CoinToolError } from "./coin-tool-error.ts";
import type { Answers, Family } from "./family.ts";

/** What a new coin can be asked for. A family answers some of it for all of its coins, and knows nothing to do with other parts. */
export const questions: Readonly<Record<Exclude<keyof Answers, "id">, string>> = {
  name: "Name, as people write it",
  symbol: "Symbol, 2 to 6 capitals",
  client: "Name of the client's binary, for example litecoind",
  release: "Release to begin with, without a leading v",
  p2p: "Port for peers on the main network",
  rpc: "RPC port on the main network",
  blockIntervalSec: "Mean time between blocks, seconds",
  memoryMib: "Memory that the daemons need together, MiB",
  url: "Address of the archive, with {version} and {machine} or {goarch} (empty: later)",
  genesis: "Hash of block 0 of the main network (empty: later)",
  consensus: "Name of the consensus client's binary (empty: the execution client decides by itself)",
};

const openQuestions = ["url", "genesis", "consensus"] as const;

const port = z.coerce.number("a port").int("a port").min(1024, "1024 to 55535").max(55_535, "1024 to 55535");
const text = (shape: RegExp, what: string): z.ZodString => z.string(what).regex(shape, what);
const binary = text(/^[a-z][a-z0-9._-]*$/, "the name of a binary");
const unlessEmpty = (value: unknown): unknown => (value === "" ? undefined : value);
const laterText = z.preprocess(unlessEmpty, z.string().optional());
const answersSchema = z.object({
  id: text(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "lower-case letters and digits, with hyphens between words"),
  name: text(/./, "a name"),
  symbol: text(/^[A-Z0-9]{2,6}$/, "2 to 6 capitals"),
  client: binary,
  release: text(/^[0-9A-Za-z][0-9A-Za-z.+~-]*$/, "a version"),
  p2p: port,
  rpc: port,
  blockIntervalSec: z.coerce.number("seconds").positive("seconds"),
  memoryMib: z.coerce.number("MiB").int("MiB").min(64, "at least 64 MiB"),
  url: laterText,
  genesis: laterText,
  consensus: z.preprocess(unlessEmpty, binary.optional()),
});

/** Whether a family wants to be told something by the author. */
const isAsked = ({ fixed, optional }: Family, key: string): boolean =>
  !Object.hasOwn(fixed, key) && (optional.some((one) => one === key) || !openQuestions.some((one) => one === key));

/** Asks a person for what was not given. */
export async function askFor(family: Family, given: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answers: Record<string, unknown> = { ...given };
  try {
    for (const [key, question] of Object.entries(questions))
      if (isAsked(family, key)) answers[key] ??= (await prompt.question(`${question}: `)).trim();
  } finally {
    prompt.close();
  }
  return answers;
}

/** Answers that fit, with the family's own. @throws {@link CoinToolError} `InvalidInput` with every one that does not */
export function readAnswers(family: Family, given: Readonly<Record<string, unknown>>): Answers {
  const needless = Object.keys(given)
    .filter((key) => key !== "id" && !isAsked(family, key))
    .map((key) => `${flagOf(key)} (the family says it itself, or has no use for it)`);
  const parsed = answersSchema.safeParse({ ...given, ...family.fixed });
  if (parsed.success && needless.length === 0) return parsed.data;
  const wrong = (parsed.error?.issues ?? []).map(
    ({ path, message }) => `${path[0] === "id" ? "the id" : flagOf(path.join("."))} (${message})`,
  );
  throw new CoinToolError("InvalidInput", {
    title: "A coin cannot begin without these, or not like this.",
    where: `new ${String(given["id"])}`,
    got: [...needless, ...wrong].join("; "),
    fix: "Give them as flags, or run the command in a terminal, where it asks.",
  });
}

/** `blockIntervalSec` → `--block-interval-sec`. */
export const flagOf = (key: string): string => `--${key.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
