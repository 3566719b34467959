import * as sdk from "@coinfleet/sdk";
import ts from "typescript";
import { todo, type Answers, type Family } from "./family.ts";
import { findAll } from "./source-text.ts";

/** Memory, MiB, up to which an instance type serves: a fifth is left for the host. */
const instanceTypes = [
  [3_200, "t3.medium"],
  [6_500, "m7i.large"],
  [13_000, "m7i.xlarge"],
  [26_000, "r7i.xlarge"],
  [52_000, "r7i.2xlarge"],
] as const;

const instanceType = (memoryMiB: number): string => instanceTypes.find(([most]) => memoryMiB <= most)?.[1] ?? "r7i.4xlarge";

/** The `index.ts` of a new coin, as far as it can be written yet. Formatting is left to prettier. */
export function renderCoin(answers: Answers, { sketch }: Family): string {
  const { id, name, symbol, memoryMib } = answers;
  const { above = "", family, clients, main, private: test, snapshot, more = "", saysDowngrade = false } = sketch(answers);
  const coin = `${above}

export default defineCoin({
  id: "${id}",
  name: ${JSON.stringify(name)},
  symbol: "${symbol}",
  ...${family},
  clients: ${clients},
  ${more}
  networks: {
    mainnet: {
      kind: "main",
      ${main.join("\n      ")}
      data: unmeasured(${todo("how large the data is, how fast it grows, and who says so")}),
      memoryMiB: ${memoryMib},
      instanceType: "${instanceType(memoryMib)}",
      tips: [],
    },
    ${test.name}: ${test.network},
  },
  snapshot: ${snapshot},
  ${saysDowngrade ? "" : "databaseSurvivesDowngrade: false,"}
  upgrades: [],
});
`;
  return `${renderImports(coin)}\n${withoutBlankLines(coin)}`;
}

/** A line of its own is left where a sketch says nothing. */
const withoutBlankLines = (text: string): string => `${text.trim().replaceAll(/^ +\n/gm, "")}\n`;

/** Prettier's width: a longer import would take a line for each name. */
const lineWidth = 140;

/** Imports of what the text uses of the SDK. */
function renderImports(text: string): string {
  const file = ts.createSourceFile("index.ts", text, ts.ScriptTarget.Latest, true);
  const used = findAll(file, ts.isIdentifier).flatMap((identifier) =>
    ts.isPropertyAssignment(identifier.parent) && identifier.parent.name === identifier ? [] : [identifier.text],
  );
  const names = [...new Set(used)].filter((name) => Object.hasOwn(sdk, name)).sort((one, other) => one.localeCompare(other));
  const show = (line: readonly string[]): string => `import { ${line.join(", ")} } from "@coinfleet/sdk";\n`;
  const lines: (readonly string[])[] = [];
  for (const name of names) {
    const line = [...(lines.at(-1) ?? []), name];
    if (lines.length === 0 || show(line).length > lineWidth) lines.push([name]);
    else lines.splice(-1, 1, line);
  }
  return lines.map(show).join("");
}

/** The `package.json` of a coin. */
export function renderPackage(id: string): string {
  const content = {
    name: `@coinfleet/coin-${id}`,
    version: "0.1.0",
    private: true,
    type: "module",
    exports: "./index.ts",
    dependencies: { "@coinfleet/sdk": "0.1.0" },
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}
