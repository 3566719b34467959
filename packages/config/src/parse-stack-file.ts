import { NotYaml, problem, renderProblems, type CoinRegistry } from "@coinfleet/sdk";
import { parseDocument } from "yaml";
import type { Origin } from "./parse-fleet.ts";
import { readStackValues, type StackReading } from "./stack-values.ts";
import { valueAt } from "./value-at.ts";

/** Reads a stack file from its text, for commands that work without the engine. */
export function parseStackFile(text: string, coins: CoinRegistry, origin: Origin, now = new Date()): StackReading {
  const document = parseDocument(text, { uniqueKeys: true });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => {
      const [start] = error.linePos ?? [];
      const [what] = error.message.split("\n");
      return problem(NotYaml, {
        path: start === undefined ? "the file" : `line ${start.line}, column ${start.col}`,
        got: what ?? error.code,
      });
    });
    return { problems, text: renderProblems(origin.file, problems) };
  }
  const raw: unknown = document.toJS();
  const values = {
    region: valueAt(raw, ["config", "aws:region"]),
    allowedAccountIds: valueAt(raw, ["config", "aws:allowedAccountIds"]),
    fleet: valueAt(raw, ["config", "coinfleet:fleet"]),
  };
  return readStackValues(values, coins, origin, now);
}
