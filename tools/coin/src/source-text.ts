import ts from "typescript";

/** A piece of a source text and what takes its place. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Applies edits that do not overlap. All that they do not name stays as it is, to the letter. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const backwards = [...edits].sort((one, other) => other.start - one.start);
  return backwards.reduce((result, { start, end, text: put }) => result.slice(0, start) + put + result.slice(end), text);
}

/** Every node of a kind, from the top. */
export function findAll<T extends ts.Node>(top: ts.Node, is: (node: ts.Node) => node is T): readonly T[] {
  const found: T[] = [];
  const visit = (node: ts.Node): void => {
    if (is(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(top);
  return found;
}

/** The text of an identifier or of a string. */
export function nameOf(node: ts.Node | undefined): string | undefined {
  return node !== undefined && (ts.isIdentifier(node) || ts.isStringLiteral(node)) ? node.text : undefined;
}

/** A property of an object that is written out. */
export function propertyOf(object: ts.ObjectLiteralExpression, name: string): ts.PropertyAssignment | undefined {
  return object.properties.filter(ts.isPropertyAssignment).find((property) => nameOf(property.name) === name);
}

/** Names of what a node stands in: properties, constants, and strings given to calls. */
export function namesAbove(node: ts.Node): readonly string[] {
  const names: (string | undefined)[] = [];
  for (let at = node.parent; !ts.isSourceFile(at); at = at.parent) {
    if (ts.isPropertyAssignment(at) || ts.isVariableDeclaration(at)) names.push(nameOf(at.name));
    if (ts.isCallExpression(at)) names.push(...at.arguments.filter(ts.isStringLiteral).map(nameOf));
  }
  return names.filter((name) => name !== undefined);
}
