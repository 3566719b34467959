import { z } from "zod";

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

/** How GitHub is asked. */
export interface GitHub {
  /** @example "https://api.github.com" */
  readonly api: string;
  /** Without one, GitHub answers 60 questions an hour. */
  readonly token?: string | undefined;
}

/** A list, or why there is none. `isLimited`: asking for another one is no use now. */
export type Listing = { readonly releases: readonly ListedRelease[] } | { readonly problem: string; readonly isLimited?: true };

const timeoutMs = 20_000;

/** The newest 50 releases of a repository. Never throws: an upstream that is down must not hide the others. */
export async function readReleases(repository: string, { api, token }: GitHub): Promise<Listing> {
  try {
    const response = await fetch(`${api}/repos/${repository}/releases?per_page=50`, {
      headers: {
        accept: "application/vnd.github+json",
        "x-github-api-version": "2022-11-28",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) return refusal(response);
    const read = releases.safeParse(await response.json());
    return read.success ? { releases: read.data } : { problem: "GitHub's answer is not the one that its API documents" };
  } catch (error) {
    return { problem: `GitHub could not be asked: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function refusal({ status, headers }: Response): Listing {
  if (headers.get("x-ratelimit-remaining") !== "0" && status !== 429) return { problem: `GitHub answered ${status}` };
  const reset = Number(headers.get("x-ratelimit-reset") ?? Number.NaN);
  const until = Number.isFinite(reset) ? ` until ${new Date(reset * 1000).toISOString().slice(11, 16)} UTC` : "";
  return { problem: `GitHub takes no more questions${until}: set GITHUB_TOKEN`, isLimited: true };
}
