import { BuildError } from "./build-error.ts";

/** The one digest among those that were found. */
function only(digests: readonly string[], what: string, where: string): string {
  const [digest, ...others] = new Set(digests);
  if (digest !== undefined && others.length === 0) return digest;
  throw new BuildError("SumsMismatch", {
    title:
      digest === undefined ? "The apt repository does not name this file." : "The apt repository names this file with different digests.",
    where,
    got: digest === undefined ? "no entry for it" : [digest, ...others].join(", "),
    allowed: `one SHA-256 for ${what}`,
    fix: "Check `suite`, `packages` and the version in the coin's release source: a repository may drop old versions.",
  });
}

/** The SHA-256 that a release file of an apt repository states for one of its indexes. @throws {@link BuildError} `SumsMismatch` */
export function indexDigest(release: string, path: string, where: string): string {
  const [, section = ""] = release.split(/^SHA256:[ \t]*\r?$/m);
  const digests: string[] = [];
  for (const line of section.split(/\r?\n/).slice(1)) {
    // The section ends with the first line that is not indented.
    if (!line.startsWith(" ")) break;
    const [digest = "", , name] = line.trim().split(/\s+/);
    if (name === path && /^[0-9a-f]{64}$/.test(digest)) digests.push(digest);
  }
  return only(digests, path, where);
}

/** The SHA-256 that an index states for the package with this file name. @throws {@link BuildError} `SumsMismatch` */
export function packageDigest(index: string, fileName: string, where: string): string {
  const digests = index.split(/\r?\n\r?\n/).flatMap((stanza) => {
    const field = (name: string): string | undefined => new RegExp(`^${name}: *(\\S+)\\r?$`, "m").exec(stanza)?.[1];
    const digest = field("SHA256");
    return field("Filename")?.split("/").at(-1) === fileName && digest !== undefined && /^[0-9a-f]{64}$/.test(digest) ? [digest] : [];
  });
  return only(digests, fileName, where);
}
