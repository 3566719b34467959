import { z } from "zod";
import { hostLimitMs, refusedBy, type MergeRequests, type Proposal } from "./merge-requests.ts";

const made = z.object({ web_url: z.string() });

/** Where the project is, and who writes: GitLab's own variables of a job, and a token that may make branches and merge requests. */
export interface GitLabProject {
  /** @example "https://gitlab.example.com/api/v4" */
  readonly api: string;
  readonly id: string;
  readonly target: string;
  readonly token: string;
}

/** Merge requests of a GitLab project. */
export class GitLabMergeRequests implements MergeRequests {
  readonly #project: GitLabProject;

  constructor(project: GitLabProject) {
    this.#project = project;
  }

  async find(branch: string): Promise<string | undefined> {
    const query = new URLSearchParams({ source_branch: branch, target_branch: this.#project.target, state: "all" });
    return z.array(made).parse(await this.#call("GET", `merge_requests?${query.toString()}`))[0]?.web_url;
  }

  async open({ branch, from, title, description, files, isDraft }: Proposal): Promise<string> {
    await this.#call("POST", "repository/commits", {
      branch,
      start_sha: from,
      // What an interrupted run has left of it goes.
      force: true,
      commit_message: title,
      actions: files.map(({ path, text }) => ({ action: "update", file_path: path, content: text })),
    });
    const request = {
      source_branch: branch,
      target_branch: this.#project.target,
      title: isDraft ? `Draft: ${title}` : title,
      description,
      remove_source_branch: true,
    };
    return made.parse(await this.#call("POST", "merge_requests", request)).web_url;
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const { api, id, token } = this.#project;
    const url = `${api}/projects/${encodeURIComponent(id)}/${path}`;
    const answer = await fetch(url, {
      method,
      headers: { "private-token": token, "content-type": "application/json" },
      signal: AbortSignal.timeout(hostLimitMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.ok) return answer.json();
    const isTransient = answer.status >= 500 || answer.status === 429;
    throw refusedBy({ host: "GitLab", method, url, got: `${answer.status} ${await answer.text()}`, isTransient });
  }
}
