import { CliError } from "../cli-error.ts";

/** A file of the repository as a change leaves it. */
export interface ChangedFile {
  readonly path: string;
  readonly text: string;
}

/** What to propose. */
export interface Proposal {
  readonly branch: string;
  /** Commit that the files were changed from: what others have merged since stays. */
  readonly from: string;
  readonly title: string;
  readonly description: string;
  readonly files: readonly ChangedFile[];
  /** Nobody shall merge it before it was looked at. */
  readonly isDraft: boolean;
}

/** Merge requests of the project, by the API of the host that it is at: no working copy has to push. Both fail with `CommandFailed` when the host refuses. */
export interface MergeRequests {
  /** The one of a branch, open or not: what a person has closed is not asked again. @returns its address */
  find(branch: string): Promise<string | undefined>;
  /** Makes the branch anew, with one commit, and its merge request. @returns its address */
  open(proposal: Proposal): Promise<string>;
}

/** How long a host may take to answer, milliseconds. */
export const hostLimitMs = 30_000;

/** How a host has refused. */
export interface Refusal {
  readonly host: string;
  readonly method: string;
  readonly url: string;
  readonly got: string;
  /** The next run may have more luck. */
  readonly isTransient: boolean;
}

/** A refusal as it is told. */
export function refusedBy({ host, method, url, got, isTransient }: Refusal): CliError {
  return new CliError("CommandFailed", {
    title: `${host} refused.`,
    where: `${method} ${new URL(url).pathname}`,
    got: got.slice(0, 300),
    fix: "Check that the token may make branches and merge requests of this project.",
    state: "The next run tries again.",
    isTransient,
  });
}
