import { CoinToolError } from "./coin-tool-error.ts";

const opening = "<!-- coins: written by `npm run coins -- --write` -->";
const closing = "<!-- /coins -->";

/** The page with this text between its markers. @throws {@link CoinToolError} `NotEditable` when it has none */
export function withPart(page: string, text: string): string {
  const [start, end] = [page.indexOf(opening), page.indexOf(closing)];
  if (start < 0 || end < start) {
    throw new CoinToolError("NotEditable", {
      title: "The page has no place for the catalogue.",
      where: "README.md",
      allowed: `${opening} … ${closing}`,
      fix: "Put the two markers where the table shall stand.",
    });
  }
  return `${page.slice(0, start + opening.length)}\n\n${text}\n\n${page.slice(end)}`;
}
