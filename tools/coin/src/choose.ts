import { nearest } from "@coinfleet/sdk";
import { CoinToolError } from "./coin-tool-error.ts";

/** The named one of several, or the only one, or the first if there is one that goes first. @throws {@link CoinToolError} `UnknownName` */
export function choose<T>(
  what: string,
  among: Readonly<Record<string, T>>,
  name: string | undefined,
  isFirstDefault: boolean,
): [string, T] {
  const entries = Object.entries(among);
  const [first, ...others] = entries;
  const isClear = isFirstDefault || others.length === 0;
  const found = name === undefined ? (isClear ? first : undefined) : entries.find(([key]) => key === name);
  if (found !== undefined) return found;
  const keys = Object.keys(among);
  const meant = name === undefined ? undefined : nearest(name, keys);
  throw new CoinToolError("UnknownName", {
    title: name === undefined ? `There are several, so say which ${what}.` : `There is no such ${what}.`,
    where: what,
    ...(name === undefined ? {} : { got: name }),
    allowed: keys.join(", "),
    fix: meant === undefined ? `Name the ${what}.` : `Did you mean "${meant}"?`,
  });
}
