import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CoinToolError } from "./coin-tool-error.ts";

/** A page, below the project's folder, of which parts are written from the coins. */
export interface WrittenPage {
  readonly path: string;
  /** Name of the part → what stands between its markers. */
  readonly parts: Readonly<Record<string, string>>;
}

/** The pages that show something else than they should. @throws {@link CoinToolError} `NotEditable` when a page has no place for a part */
export function stalePages(root: string, pages: readonly WrittenPage[]): readonly string[] {
  return pages.filter((page) => readPage(root, page) !== currentPage(root, page)).map(({ path }) => path);
}

/** Brings the pages up to date. @throws {@link CoinToolError} `NotEditable` when a page has no place for a part; then nothing is written */
export function writePages(root: string, pages: readonly WrittenPage[]): void {
  const texts = pages.map((page) => ({ path: page.path, text: currentPage(root, page) }));
  for (const { path, text } of texts) writeFileSync(join(root, path), text);
}

const readPage = (root: string, { path }: WrittenPage): string => readFileSync(join(root, path), "utf8");

function currentPage(root: string, page: WrittenPage): string {
  return Object.entries(page.parts).reduce((text, [part, wanted]) => withPart(page.path, text, part, wanted), readPage(root, page));
}

function withPart(path: string, page: string, part: string, text: string): string {
  const opening = `<!-- ${part}: written by \`npm run coins -- --write\` -->`;
  const closing = `<!-- /${part} -->`;
  const [start, end] = [page.indexOf(opening), page.indexOf(closing)];
  if (start < 0 || end < start) {
    throw new CoinToolError("NotEditable", {
      title: `The page has no place for the ${part}.`,
      where: path,
      allowed: `${opening} … ${closing}`,
      fix: "Put the two markers where it shall stand.",
    });
  }
  return `${page.slice(0, start + opening.length)}\n\n${text}\n\n${page.slice(end)}`;
}
