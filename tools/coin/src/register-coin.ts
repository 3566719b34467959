import ts from "typescript";
import { CoinToolError } from "./coin-tool-error.ts";
import { applyEdits, findAll, nameOf } from "./source-text.ts";

const camel = (id: string): string => id.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** `coins/index.ts` with one more coin, in alphabetical order. Formatting is left to prettier. */
export function registerCoin(text: string, id: string): string {
  const file = ts.createSourceFile("index.ts", text, ts.ScriptTarget.Latest, true);
  const name = camel(id);
  const specifier = `@coinfleet/coin-${id}`;
  const imports = file.statements.filter(ts.isImportDeclaration);
  const next = imports.find((one) => (nameOf(one.moduleSpecifier) ?? "") > specifier);
  const [registry] = findAll(file, ts.isVariableDeclaration).flatMap(({ name: variable, initializer }) =>
    nameOf(variable) === "coins" && initializer !== undefined && ts.isObjectLiteralExpression(initializer) ? [initializer] : [],
  );
  if (next === undefined || registry === undefined) {
    throw new CoinToolError("NotEditable", {
      title: "The registry of coins does not look as it did.",
      where: "coins/index.ts",
      fix: `Add \`import ${name} from "${specifier}"\` and the coin by hand.`,
    });
  }
  const follower = registry.properties.find((property) => (nameOf(property.name) ?? "") > id);
  const entry = name === id ? name : `"${id}": ${name}`;
  const at = next.getStart();
  const [place, put] = follower === undefined ? [registry.getEnd() - 1, `, ${entry} `] : [follower.getStart(), `${entry}, `];
  return applyEdits(text, [
    { start: at, end: at, text: `import ${name} from "${specifier}";\n` },
    { start: place, end: place, text: put },
  ]);
}
