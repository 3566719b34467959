import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { mergeRequestsOf } from "./choose-host.ts";
import { GitHubPullRequests } from "./github-pull-requests.ts";
import { GitLabMergeRequests } from "./gitlab-merge-requests.ts";
import type { MergeRequests, Proposal } from "./merge-requests.ts";

interface Pull {
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  readonly draft: boolean;
}
interface Refused {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const from = "1".repeat(40);
const branch = "releases/litecoin-litecoind-1.1.0";
const proposal: Proposal = {
  branch,
  from,
  title: "litecoin: litecoind 1.0.0 → 1.1.0",
  description: "notes",
  files: [{ path: "coins/litecoin/index.ts", text: "version: 1.1.0\n" }],
  isDraft: false,
};

/** A server that answers as GitHub's REST API documents. Does not prove what a token needs, nor what GitHub starts for a pull request. */
describe("GitHubPullRequests", () => {
  let server: Server;
  let pulls: Pull[];
  /** Branch → commit. */
  let refs: Map<string, string>;
  let written: Record<string, unknown>;
  let refused: Refused | undefined;
  let hasDrafts: boolean;
  let readsFilter: boolean;
  /** Somebody else opens the pull request between our two questions. */
  let isRace: boolean;

  beforeEach(async () => {
    pulls = [];
    refs = new Map();
    written = {};
    refused = undefined;
    [hasDrafts, readsFilter, isRace] = [true, true, false];
    server = createServer((request, response) => {
      void text(request).then((body) => {
        const url = new URL(request.url ?? "/", "http://host");
        const send = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void => {
          response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
        };
        if (request.headers.authorization !== "Bearer token") return send(401, { message: "Bad credentials" });
        if (refused !== undefined) return send(refused.status, { message: "refused" }, refused.headers);
        const path = url.pathname.replace("/repos/ops/coinfleet/", "");
        const call = `${request.method ?? ""} ${path}`;
        const value = (body === "" ? {} : JSON.parse(body)) as Record<string, unknown>;
        const invalid = (message: string): void =>
          send(422, { message: "Validation Failed", errors: [{ resource: "PullRequest", code: "custom", message }] });
        const shown = (pull: Pull): object => ({ html_url: `https://github.example/pull/${pull.head}`, head: { label: pull.head } });
        if (call === "GET pulls") {
          const [head, base] = [url.searchParams.get("head"), url.searchParams.get("base")];
          assert.equal(url.searchParams.get("state"), "all");
          return send(200, pulls.filter((one) => !readsFilter || (one.head === head && one.base === base)).map(shown));
        }
        if (request.method === "POST" || request.method === "PATCH") written[path] = value;
        if (call === `GET git/commits/${from}`) return send(200, { sha: from, tree: { sha: "tree-of-main" } });
        if (call === "POST git/trees") return send(201, { sha: "tree-of-release" });
        if (call === "POST git/commits") return send(201, { sha: "commit-of-release", tree: { sha: "tree-of-release" } });
        if (call === "POST git/refs") {
          const ref = String(value["ref"]);
          if (refs.has(ref)) return send(422, { message: "Reference already exists" });
          return send(201, { ref: void refs.set(ref, String(value["sha"])) });
        }
        if (request.method === "PATCH" && refs.has(path.replace("git/", ""))) {
          if (value["force"] !== true) return send(422, { message: "Update is not a fast forward" });
          return send(200, { ref: void refs.set(path.replace("git/", ""), String(value["sha"])) });
        }
        if (call === "POST pulls") {
          const pull = { ...value, head: `ops:${String(value["head"])}` } as unknown as Pull;
          if (pull.draft && !hasDrafts) return send(422, { message: "Draft pull requests are not supported in this repository." });
          if (isRace) pulls.push(pull);
          if (pulls.some(({ head }) => head === pull.head)) return invalid(`A pull request already exists for ${pull.head}.`);
          if (pull.body.length > 65_536) return invalid("body is too long (maximum is 65536 characters)");
          pulls.push(pull);
          return send(201, shown(pull));
        }
        return send(404, { message: "Not Found" });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => server.close());

  const requests = (token = "token"): MergeRequests =>
    new GitHubPullRequests({
      api: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      repository: "ops/coinfleet",
      target: "main",
      token,
    });
  const address = `https://github.example/pull/ops:${branch}`;

  it("makes one commit on the one that was bumped, its branch, and the pull request", async () => {
    assert.equal(await requests().open(proposal), address);
    assert.deepEqual(written["git/trees"], {
      base_tree: "tree-of-main",
      tree: [{ path: "coins/litecoin/index.ts", mode: "100644", type: "blob", content: "version: 1.1.0\n" }],
    });
    assert.deepEqual(written["git/commits"], { message: proposal.title, tree: "tree-of-release", parents: [from] });
    assert.deepEqual([...refs], [[`refs/heads/${branch}`, "commit-of-release"]]);
    assert.deepEqual(pulls, [{ title: proposal.title, head: `ops:${branch}`, base: "main", body: "notes", draft: false }]);
  });

  it("finds the one of a branch, and none of another branch or another owner's", async () => {
    assert.equal(await requests().find(branch), undefined);
    await requests().open(proposal);
    assert.equal(await requests().find(branch), address);
    assert.equal(await requests().find(`${branch}0`), undefined);
    pulls = pulls.map((pull) => ({ ...pull, head: pull.head.replace("ops:", "stranger:") }));
    assert.equal(await requests().find(branch), undefined);
  });

  it("takes no other one for it where GitHub leaves the filter out", async () => {
    await requests().open(proposal);
    readsFilter = false;
    assert.equal(await requests().find("releases/dash-dashd-2.0.0"), undefined);
    assert.equal(await requests().find(branch), address);
  });

  it("makes the branch anew that an interrupted run has left", async () => {
    refs.set(`refs/heads/${branch}`, "left-behind");
    assert.equal(await requests().open(proposal), address);
    assert.deepEqual([...refs.values()], ["commit-of-release"]);
  });

  it("names the one that is there where another run was faster", async () => {
    isRace = true;
    assert.equal(await requests().open(proposal), address);
    assert.equal(pulls.length, 1);
  });

  it("opens a draft, or says it in the title where the repository has none", async () => {
    await requests().open({ ...proposal, isDraft: true });
    hasDrafts = false;
    await requests().open({ ...proposal, branch: "releases/dash-dashd-2.0.0", isDraft: true });
    assert.deepEqual(
      pulls.map(({ draft, title }) => [draft, title]),
      [
        [true, proposal.title],
        [false, `Draft: ${proposal.title}`],
      ],
    );
  });

  const reset = String(Date.parse("2026-11-21T12:34:00Z") / 1000);
  for (const [what, answer, says] of [
    ["its hourly limit", { status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset } }, /until 12:34 UTC/],
    ["its limit of changes", { status: 403, headers: { "retry-after": "60" } }, /no more questions for 60 s/],
    ["too many questions", { status: 429 }, /no more questions/],
    ["an outage", { status: 502 }, /502/],
    ["a token that may not", { status: 403, headers: { "x-ratelimit-remaining": "4999" } }, /403 .*refused/],
  ] as const) {
    it(`fails on ${what}, says so, and goes on with the next run`, async () => {
      refused = answer;
      const error = await requests()
        .find(branch)
        .then(
          () => assert.fail("was answered"),
          (cause: unknown) => cause,
        );
      assert.ok(error instanceof Error && error.name === "CommandFailed", String(error));
      assert.match(error.message, /GitHub refused/);
      assert.match(error.message, says);
      refused = undefined;
      assert.equal(await requests().open(proposal), address);
    });
  }

  it("fails on a wrong token, and on a pull request that GitHub does not take", async () => {
    await assert.rejects(requests("wrong").find(branch), /401 .*Bad credentials/);
    await assert.rejects(requests().open({ ...proposal, description: "x".repeat(70_000) }), /422 .*body is too long/);
    await assert.rejects(requests().open({ ...proposal, from: "2".repeat(40) }), /404/);
    assert.deepEqual(pulls, []);
  });
});

describe("mergeRequestsOf", () => {
  const gitlab = {
    CI_API_V4_URL: "https://gitlab.example/api/v4",
    CI_PROJECT_ID: "7",
    CI_DEFAULT_BRANCH: "main",
    COINFLEET_RELEASE_TOKEN: "t",
  };
  const github = {
    GITHUB_API_URL: "https://api.github.example",
    GITHUB_REPOSITORY: "ops/coinfleet",
    GITHUB_REF_NAME: "main",
    COINFLEET_RELEASE_TOKEN: "t",
  };

  it("goes to the host whose pipeline it is", () => {
    assert.ok(mergeRequestsOf(gitlab) instanceof GitLabMergeRequests);
    assert.ok(mergeRequestsOf(github) instanceof GitHubPullRequests);
  });

  it("fails in no pipeline, and without the token that opens what a pipeline then checks", () => {
    assert.throws(() => mergeRequestsOf({}), /neither CI_API_V4_URL nor GITHUB_REPOSITORY/);
    assert.throws(() => mergeRequestsOf({ ...gitlab, COINFLEET_RELEASE_TOKEN: "" }), /no COINFLEET_RELEASE_TOKEN/);
    assert.throws(() => mergeRequestsOf({ ...github, COINFLEET_RELEASE_TOKEN: "", GITHUB_TOKEN: "t" }), /no COINFLEET_RELEASE_TOKEN/);
  });
});
