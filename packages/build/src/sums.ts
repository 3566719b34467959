import { BuildError } from "./build-error.ts";

const gnuLine = /^\\?([0-9a-fA-F]{64})\s+\*?(.+)$/;
const bsdLine = /^SHA256 ?\((.+)\) = ([0-9a-fA-F]{64})$/;
const baseName = (path: string): string => path.split("/").at(-1) ?? path;

/**
 * The SHA-256 that a sums file states for a file name. Reads the formats of `sha256sum` and `shasum --tag`, with or without a path before the name.
 * @throws {@link BuildError} `SumsMismatch` when it names the file twice with different digests, or not at all
 */
export function parseSums(text: string, fileName: string, where: string): string {
  const digests = new Set<string>();
  for (const line of text.split(/\r?\n/)) {
    const gnu = gnuLine.exec(line.trim());
    const bsd = bsdLine.exec(line.trim());
    const [digest, name] = gnu === null ? [bsd?.[2], bsd?.[1]] : [gnu[1], gnu[2]];
    if (digest !== undefined && name !== undefined && baseName(name.trim()) === fileName) digests.add(digest.toLowerCase());
  }
  const [digest, other] = [...digests];
  if (digest !== undefined && other === undefined) return digest;
  throw new BuildError("SumsMismatch", {
    title: digest === undefined ? "The signed sums do not name this file." : "The signed sums name this file with different digests.",
    where,
    got: digest === undefined ? "no line for it" : [...digests].join(", "),
    allowed: `one SHA-256 for ${fileName}`,
    fix: "Check the address of the sums file in the coin's release source.",
  });
}
