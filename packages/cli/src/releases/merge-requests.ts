import { z } from "zod";
import { CliError } from "../cli-error.ts";

/** A file of the repository as a change leaves it. */
export interface ChangedFile {
  readonly path: string;
  readonly text: string;
}

/** What to propose. */
export interface Proposal {
  readonly branch: string;
  readonly title: string;
  readonly description: string;
  readonly files: readonly ChangedFile[];
}

const found = z.array(z.object({ web_url: z.string() }));
const made = z.object({ web_url: z.string() });

/** Where the project is, and who writes: GitLab's own variables of a job, and a token that may make branches and merge requests. */
export interface GitLabProject {
  /** @example "https://gitlab.example.com/api/v4" */
  readonly api: string;
  readonly id: string;
  readonly target: string;
  readonly token: string;
}

/** Merge requests of a GitLab project, by its REST API: no working copy has to push. */
export class MergeRequests {
  readonly #project: GitLabProject;

  constructor(project: GitLabProject) {
    this.#project = project;
  }

  /** The one of a branch, open or not: what a person has closed is not asked again. @returns its address */
  async find(branch: string): Promise<string | undefined> {
    const query = new URLSearchParams({ source_branch: branch, target_branch: this.#project.target, state: "all" });
    return found.parse(await this.#call("GET", `merge_requests?${query.toString()}`))[0]?.web_url;
  }

  /** Makes the branch anew, with one commit, and its merge request. @returns its address */
  async open({ branch, title, description, files }: Proposal): Promise<string> {
    const { target } = this.#project;
    await this.#call("POST", "repository/commits", {
      branch,
      start_branch: target,
      // What an interrupted run has left of it goes.
      force: true,
      commit_message: title,
      actions: files.map(({ path, text }) => ({ action: "update", file_path: path, content: text })),
    });
    const request = { source_branch: branch, target_branch: target, title, description, remove_source_branch: true };
    return made.parse(await this.#call("POST", "merge_requests", request)).web_url;
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const { api, id, token } = this.#project;
    const url = `${api}/projects/${encodeURIComponent(id)}/${path}`;
    const answer = await fetch(url, {
      method,
      headers: { "private-token": token, "content-type": "application/json" },
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.ok) return answer.json();
    throw new CliError("CommandFailed", {
      title: "GitLab refused.",
      where: `${method} ${new URL(url).pathname}`,
      got: `${answer.status} ${(await answer.text()).slice(0, 300)}`,
      fix: "Check that the token may make branches and merge requests of this project.",
      state: "The next run tries again.",
      isTransient: answer.status >= 500 || answer.status === 429,
    });
  }
}
