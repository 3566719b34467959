import ts from "typescript";

/** A line of a source that counts, and what it looks like without its names and values. */
interface ShapedLine {
  readonly number: number;
  readonly shape: string;
}

/** Lines that two sources have in common, one after the other. */
export interface SharedRun {
  readonly from: number;
  readonly inOther: number;
  readonly length: number;
}

const folded = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.Identifier, "name"],
  [ts.SyntaxKind.StringLiteral, "text"],
  [ts.SyntaxKind.NoSubstitutionTemplateLiteral, "text"],
  [ts.SyntaxKind.NumericLiteral, "number"],
]);

/**
 * The lines of functions that say something: no comments, blank lines, or lone punctuation. What stands outside of functions declares facts, of which
 * every coin tells the same kinds, line by line.
 */
function shapesOf(text: string): readonly ShapedLine[] {
  const file = ts.createSourceFile("index.ts", text, ts.ScriptTarget.Latest, true);
  const tokens = new Map<number, string[]>();
  const visit = (node: ts.Node): void => {
    if (node.getChildCount(file) > 0) {
      node.getChildren(file).forEach(visit);
      return;
    }
    const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
    const words = tokens.get(line) ?? [];
    words.push(folded.get(node.kind) ?? node.getText(file));
    tokens.set(line, words);
  };
  const outermost = (node: ts.Node): void => (ts.isFunctionLike(node) ? visit(node) : ts.forEachChild(node, outermost));
  outermost(file);
  return [...tokens].flatMap(([line, words]) =>
    words.some((word) => /\w/.test(word)) ? [{ number: line + 1, shape: words.join(" ") }] : [],
  );
}

/** The longest runs of at least `least` lines of the same shape in the functions of two sources. */
export function sharedRuns(one: string, other: string, least: number): readonly SharedRun[] {
  const [left, right] = [shapesOf(one), shapesOf(other)];
  const runs: SharedRun[] = [];
  const lengthAt = (i: number, j: number): number => {
    let length = 0;
    while (left[i + length] !== undefined && left[i + length]?.shape === right[j + length]?.shape) length++;
    return length;
  };
  left.forEach(({ number }, i) => {
    right.forEach((line, j) => {
      const isBeginning = i === 0 || j === 0 || left[i - 1]?.shape !== right[j - 1]?.shape;
      const length = isBeginning ? lengthAt(i, j) : 0;
      if (length >= least) runs.push({ from: number, inOther: line.number, length });
    });
  });
  return runs;
}
