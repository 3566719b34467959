import ts from "typescript";
import { CoinToolError } from "./coin-tool-error.ts";
import type { FilePins, Pins } from "./discover-pins.ts";
import { applyEdits, findAll, nameOf, namesAbove, propertyOf, type TextEdit } from "./source-text.ts";

/** What {@link editRelease} changes. */
export interface ReleaseEdit {
  readonly client: string;
  readonly source: string;
  /** The release that runs by default so far. */
  readonly from: string;
  readonly version: string;
  readonly pins: Pins;
  /** Leave the former release pinned beside the new one. */
  readonly isKept: boolean;
}

/** A release source in a coin's text. */
interface FoundSource {
  readonly version: ts.PropertyAssignment | undefined;
  readonly digests: ts.ObjectLiteralExpression;
  readonly former: ts.PropertyAssignment;
}

/** Writes a release into the text of a coin: the version, and a line for each digest; all other lines stay as they are. @throws {@link CoinToolError} */
export function editRelease(text: string, edit: ReleaseEdit): string {
  const files = typeof edit.pins === "string" ? [edit.pins] : edit.pins;
  const found = findSources(ts.createSourceFile("index.ts", text, ts.ScriptTarget.Latest, true), edit);
  return withoutUnused(
    applyEdits(
      text,
      found.flatMap((source, index) => editSource(source, edit, files[index] ?? "")),
    ),
  );
}

function editSource({ version, digests, former }: FoundSource, edit: ReleaseEdit, pins: string | FilePins): readonly TextEdit[] {
  const edits = version === undefined ? [] : [replace(version.initializer, JSON.stringify(edit.version))];
  const pinned = propertyOf(digests, edit.version);
  if (pinned !== undefined && pinned !== former) return [...edits, ...editPins(pinned.initializer, pins)];
  if (edit.isKept && pinned === undefined) return [...edits, insert(former, `${JSON.stringify(edit.version)}: ${showPins(pins)},\n`)];
  return [...edits, replace(former.name, JSON.stringify(edit.version)), ...editPins(former.initializer, pins)];
}

/** Comments right above the former release's digests: they speak of that release. */
export function commentOn(text: string, edit: ReleaseEdit): string | undefined {
  const found = findSources(ts.createSourceFile("index.ts", text, ts.ScriptTarget.Latest, true), edit);
  const comments = found.flatMap(({ former }) => ts.getLeadingCommentRanges(text, former.getFullStart()) ?? []);
  return comments.map(({ pos, end }) => text.slice(pos, end)).join("\n") || undefined;
}

/** The places of a release's files, in their order. */
function findSources(file: ts.SourceFile, { client, source, from, pins }: ReleaseEdit): readonly FoundSource[] {
  const all = findAll(file, ts.isObjectLiteralExpression).flatMap((literal): readonly FoundSource[] => {
    const digests = (propertyOf(literal, "sha256") ?? propertyOf(literal, "sums"))?.initializer;
    if (digests === undefined || !ts.isObjectLiteralExpression(digests)) return [];
    const former = propertyOf(digests, from);
    return former === undefined ? [] : [{ version: propertyOf(literal, "version"), digests, former }];
  });
  const found = narrow(narrow(all, source), client);
  if (found.length === (typeof pins === "string" ? 1 : pins.length)) return found;
  throw new CoinToolError("NotEditable", {
    title: "The source's digests are not where this command could change them.",
    where: `client ${client}, source ${source}, release ${from}`,
    got: `${found.length} places`,
    allowed: "an object with `sha256` or `sums` for each file of the release, whose keys are versions",
    fix: "Write the version and the digests into the coin by hand.",
  });
}

/** Those below something with this name, if any are: a property, or the first word of a call such as `oneClient("geth", …)`. */
function narrow(all: readonly FoundSource[], name: string): readonly FoundSource[] {
  const below = all.filter(({ digests }) => namesAbove(digests).includes(name));
  return below.length > 0 ? below : all;
}

const replace = (node: ts.Node, text: string): TextEdit => ({ start: node.getStart(), end: node.getEnd(), text });
const insert = (node: ts.Node, text: string): TextEdit => ({ start: node.getStart(), end: node.getStart(), text });

/** Digest by digest where they stand already, so that nothing else of them changes. */
function editPins(value: ts.Expression, pins: string | FilePins): readonly TextEdit[] {
  if (typeof pins === "string" || !ts.isObjectLiteralExpression(value)) return [replace(value, showPins(pins))];
  const wanted = Object.entries(pins);
  const found = wanted.map(([architecture]) => propertyOf(value, architecture));
  if (value.properties.length !== wanted.length || found.includes(undefined)) return [replace(value, showPins(pins))];
  return wanted.flatMap(([, digest], index) => {
    const property = found[index];
    return property === undefined ? [] : [replace(property.initializer, JSON.stringify(digest))];
  });
}

function showPins(pins: string | FilePins): string {
  if (typeof pins === "string") return JSON.stringify(pins);
  return `{\n${Object.entries(pins)
    .map(([architecture, digest]) => `${architecture}: ${JSON.stringify(digest)},\n`)
    .join("")}}`;
}

/** Imports that only the pending digest needed. */
const perhapsUnused = ["pending", "pendingDigests"];

function withoutUnused(text: string): string {
  const file = ts.createSourceFile("index.ts", text, ts.ScriptTarget.Latest, true);
  const edits = findAll(file, ts.isImportSpecifier).flatMap((specifier): readonly TextEdit[] => {
    const name = nameOf(specifier.name);
    const uses = findAll(file, ts.isIdentifier).filter((identifier) => identifier.text === name);
    if (name === undefined || !perhapsUnused.includes(name) || uses.length > 1) return [];
    const comma = /^\s*,/.exec(text.slice(specifier.getEnd()))?.[0] ?? "";
    return [{ start: specifier.getFullStart(), end: specifier.getEnd() + comma.length, text: "" }];
  });
  return applyEdits(text, edits);
}
