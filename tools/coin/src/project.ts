import { join } from "node:path";
import type { FetchOptions } from "@coinfleet/build";
import { fetchOptionsFromEnvironment, progressLines } from "@coinfleet/build";

/** The folder of the project that this command belongs to. */
export const projectRoot = join(import.meta.dirname, "../../..");

/** The source file of a coin. */
export const coinFile = (root: string, id: string): string => join(root, "coins", id, "index.ts");

const sayEveryMs = 5_000;

/** How releases are fetched here: the project's keyrings, the user's mirror, progress on standard error. */
export function fetchOptions(root: string): FetchOptions {
  const onProgress = progressLines((line) => process.stderr.write(`${line}\n`), sayEveryMs);
  return { ...fetchOptionsFromEnvironment(process.env), keyrings: [join(root, "keyrings")], onProgress };
}
