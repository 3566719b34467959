import { CoinToolError } from "./coin-tool-error.ts";

/** Parts of the page that are written from the coins. */
export type ReadmePart = "coins" | "families";

/** The page with this text between the markers of a part. @throws {@link CoinToolError} `NotEditable` when it has none */
export function withPart(page: string, part: ReadmePart, text: string): string {
  const opening = `<!-- ${part}: written by \`npm run coins -- --write\` -->`;
  const closing = `<!-- /${part} -->`;
  const [start, end] = [page.indexOf(opening), page.indexOf(closing)];
  if (start < 0 || end < start) {
    throw new CoinToolError("NotEditable", {
      title: `The page has no place for the ${part}.`,
      where: "README.md",
      allowed: `${opening} … ${closing}`,
      fix: "Put the two markers where the table shall stand.",
    });
  }
  return `${page.slice(0, start + opening.length)}\n\n${text}\n\n${page.slice(end)}`;
}
