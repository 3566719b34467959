import { compareReleases } from "@coinfleet/sdk";
import type { Listing, ListedRelease } from "./read-releases.ts";
import type { PinnedClient, Upstream } from "./upstream.ts";

/** What is known of a client's releases. */
export interface ReleaseRow {
  readonly coin: string;
  readonly client: string;
  readonly pinned: string;
  readonly state: "current" | "behind" | "unknown";
  /** Upstream's newest finished release. */
  readonly newest?: string;
  /** When, as a date. */
  readonly published?: string;
  /** Its notes. */
  readonly url?: string;
  /** Why nothing is known. */
  readonly why?: string;
}

/** Compares the pinned release with upstream's newest one. */
export function judgeRelease({ coin, client, pinned, upstream }: PinnedClient, listing: Listing | undefined): ReleaseRow {
  const row = { coin, client, pinned };
  if (upstream === undefined || listing === undefined)
    return { ...row, state: "unknown", why: "upstream has no list of releases on GitHub" };
  if ("problem" in listing) return { ...row, state: "unknown", why: listing.problem };
  const finished = listing.releases.flatMap((release) => finishedVersion(release, upstream, pinned));
  const [newest] = finished.sort((one, other) => compareReleases(other.version, one.version));
  if (newest === undefined) return { ...row, state: "unknown", why: `none of the newest releases is called ${upstream.tag}` };
  const { version, release } = newest;
  return {
    ...row,
    state: compareReleases(version, pinned) > 0 ? "behind" : "current",
    newest: version,
    ...(release.published_at === null ? {} : { published: release.published_at.slice(0, 10) }),
    url: release.html_url,
  };
}

interface Finished {
  readonly version: string;
  readonly release: ListedRelease;
}

/** The version of a finished release that is named as the pinned one is. Some projects never drop "beta". */
function finishedVersion(release: ListedRelease, { tag }: Upstream, pinned: string): readonly Finished[] {
  const [before = "", after = ""] = tag.split("{version}");
  const { tag_name: name } = release;
  if (release.draft || release.prerelease || !name.startsWith(before) || !name.endsWith(after)) return [];
  const version = name.slice(before.length, name.length - after.length);
  const unfinished = version.match(/(?<=[.+~_-])(alpha|beta|rc|pre|dev)/gi) ?? [];
  if (!/^\d/.test(version) || unfinished.some((word) => !pinned.includes(word))) return [];
  return [{ version, release }];
}
