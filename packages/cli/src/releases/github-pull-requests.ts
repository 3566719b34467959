import { z } from "zod";
import { githubHeaders, limitOf } from "./github-api.ts";
import { hostLimitMs, refusedBy, type ChangedFile, type MergeRequests, type Proposal } from "./merge-requests.ts";

const commit = z.object({ tree: z.object({ sha: z.string() }) });
const object = z.object({ sha: z.string() });
const pull = z.object({ html_url: z.string() });
const pulls = z.array(pull.extend({ head: z.object({ label: z.string().nullable() }) }));

/** Where the repository is, and who writes: the variables of a workflow, and a token that may write contents and pull requests. */
export interface GitHubRepository {
  /** @example "https://api.github.com" */
  readonly api: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly target: string;
  readonly token: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Pull requests of a GitHub repository. */
export class GitHubPullRequests implements MergeRequests {
  readonly #repository: GitHubRepository;

  constructor(repository: GitHubRepository) {
    this.#repository = repository;
  }

  async find(branch: string): Promise<string | undefined> {
    const head = `${this.#repository.repository.split("/")[0] ?? ""}:${branch}`;
    const query = new URLSearchParams({ head, base: this.#repository.target, state: "all", per_page: "100" });
    const found = pulls.parse(await this.#call("GET", `pulls?${query.toString()}`));
    // GitHub leaves a filter that it does not understand out, and lists whatever there is.
    return found.find((one) => one.head.label === head)?.html_url;
  }

  async open(proposal: Proposal): Promise<string> {
    await this.#point(proposal.branch, await this.#commit(proposal));
    return this.#request(proposal, proposal.isDraft);
  }

  async #commit({ from, title, files }: Proposal): Promise<string> {
    const base = commit.parse(await this.#call("GET", `git/commits/${from}`)).tree.sha;
    const entry = ({ path, text }: ChangedFile): object => ({ path, mode: "100644", type: "blob", content: text });
    const tree = object.parse(await this.#call("POST", "git/trees", { base_tree: base, tree: files.map(entry) })).sha;
    return object.parse(await this.#call("POST", "git/commits", { message: title, tree, parents: [from] })).sha;
  }

  /** What an interrupted run has left of the branch goes. */
  async #point(branch: string, sha: string): Promise<void> {
    const made = await this.#ask("POST", "git/refs", { ref: `refs/heads/${branch}`, sha }, /already exists/);
    if (made.status === 422) await this.#call("PATCH", `git/refs/heads/${branch}`, { sha, force: true });
  }

  async #request(proposal: Proposal, isDraft: boolean): Promise<string> {
    const { branch, title, description: body } = proposal;
    const named = proposal.isDraft && !isDraft ? `Draft: ${title}` : title;
    const request = { title: named, head: branch, base: this.#repository.target, body, draft: isDraft };
    const { status, text } = await this.#ask("POST", "pulls", request, /already exists|[Dd]raft pull requests are not supported/);
    if (status !== 422) return pull.parse(JSON.parse(text)).html_url;
    // Private repositories of some plans have no drafts: there the title says it.
    const known = /already exists/.test(text) ? await this.find(branch) : undefined;
    if (known !== undefined) return known;
    if (isDraft) return this.#request(proposal, false);
    throw refusedBy({ host: "GitHub", method: "POST", url: this.#url("pulls"), got: `${status} ${text}`, isTransient: false });
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    return JSON.parse((await this.#ask(method, path, body)).text);
  }

  /** Asks GitHub. A 422 that says what is `expected` is an answer, and no refusal. */
  async #ask(method: string, path: string, body?: unknown, expected?: RegExp): Promise<Answer> {
    const url = this.#url(path);
    const response = await fetch(url, {
      method,
      headers: { ...githubHeaders(this.#repository.token), "content-type": "application/json" },
      signal: AbortSignal.timeout(hostLimitMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.ok || (response.status === 422 && expected?.test(text) === true)) return { status: response.status, text };
    const limit = limitOf(response);
    const isTransient = limit !== undefined || response.status >= 500;
    throw refusedBy({ host: "GitHub", method, url, got: limit ?? `${response.status} ${text}`, isTransient });
  }

  #url(path: string): string {
    return `${this.#repository.api}/repos/${this.#repository.repository}/${path}`;
  }
}
