import { z } from "zod";
import { githubHeaders, limitOf, type GitHub } from "./github-api.ts";

const releases = z.array(
  z.object({
    tag_name: z.string(),
    draft: z.boolean(),
    prerelease: z.boolean(),
    published_at: z.string().nullable(),
    html_url: z.string(),
  }),
);

/** A release as GitHub's API lists it. */
export type ListedRelease = z.infer<typeof releases>[number];

/** A list, or why there is none. `isLimited`: asking for another one is no use now. */
export type Listing = { readonly releases: readonly ListedRelease[] } | { readonly problem: string; readonly isLimited?: true };

const timeoutMs = 20_000;

/** The newest 50 releases of a repository. Never throws: an upstream that is down must not hide the others. */
export async function readReleases(repository: string, { api, token }: GitHub): Promise<Listing> {
  try {
    const response = await fetch(`${api}/repos/${repository}/releases?per_page=50`, {
      headers: githubHeaders(token),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) return refusal(response);
    const read = releases.safeParse(await response.json());
    return read.success ? { releases: read.data } : { problem: "GitHub's answer is not the one that its API documents" };
  } catch (error) {
    return { problem: `GitHub could not be asked: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function refusal(response: Response): Listing {
  const limit = limitOf(response);
  return limit === undefined
    ? { problem: `GitHub answered ${response.status}` }
    : { problem: `${limit}: set GITHUB_TOKEN`, isLimited: true };
}
