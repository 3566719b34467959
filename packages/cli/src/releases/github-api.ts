/** How GitHub is asked. */
export interface GitHub {
  /** @example "https://api.github.com" */
  readonly api: string;
  /** Without one, GitHub answers 60 questions an hour. */
  readonly token?: string | undefined;
}

/** Headers of a question to GitHub's REST API. */
export function githubHeaders(token: string | undefined): Readonly<Record<string, string>> {
  return {
    accept: "application/vnd.github+json",
    "x-github-api-version": "2022-11-28",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
}

/** In words, that GitHub has refused because it was asked too often, and until when. Undefined: it was not for that. */
export function limitOf({ status, headers }: Response): string | undefined {
  const retryAfter = headers.get("retry-after");
  const isUsedUp = headers.get("x-ratelimit-remaining") === "0";
  if (status !== 429 && (status !== 403 || (retryAfter === null && !isUsedUp))) return undefined;
  const reset = Number(headers.get("x-ratelimit-reset") ?? Number.NaN);
  if (isUsedUp && Number.isFinite(reset))
    return `GitHub takes no more questions until ${new Date(reset * 1000).toISOString().slice(11, 16)} UTC`;
  return `GitHub takes no more questions${retryAfter === null ? "" : ` for ${retryAfter} s`}`;
}
