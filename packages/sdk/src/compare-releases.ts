const unfinished = /^(alpha|beta|rc|pre|dev)/i;
const numeric = new Intl.Collator("en", { numeric: true });

const partsOf = (release: string): readonly string[] => release.replace(/^v/, "").split(/[.+~_-]/);

/** A release candidate comes before the release itself; a commit or a build number after it. */
function rankOf(part: string | undefined): number {
  if (part === undefined || part === "0") return 1;
  return unfinished.test(part) ? 0 : 2;
}

/**
 * Compares two releases of one client: negative when `one` is older. Takes upstream projects' numberings as they come (`0.21.5.8`, `v1.17.5-9621c6ad`,
 * `stable2509-1`, `0.18.3-beta.rc3`), most of which are no semantic versions.
 */
export function compareReleases(one: string, other: string): number {
  const [left, right] = [partsOf(one), partsOf(other)];
  for (let position = 0; position < Math.max(left.length, right.length); position++) {
    const [a, b] = [left[position], right[position]];
    const difference = rankOf(a) - rankOf(b) || numeric.compare(a ?? "0", b ?? "0");
    if (difference !== 0) return difference;
  }
  return 0;
}
