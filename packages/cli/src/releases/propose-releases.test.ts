import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { coins } from "../../../../coins/index.ts";
import type { ReleaseRow } from "./judge-release.ts";
import { GitLabMergeRequests } from "./gitlab-merge-requests.ts";
import { proposeReleases } from "./propose-releases.ts";

interface Commit {
  readonly branch: string;
  readonly start_sha: string;
  readonly force: boolean;
  readonly actions: readonly { readonly action: string; readonly file_path: string; readonly content: string }[];
}
interface Request {
  readonly source_branch: string;
  readonly target_branch: string;
  readonly title: string;
  readonly description: string;
}

/** Stands for `.ci/bump`: moves a coin's text, says what it has verified, and refuses dash. */
const bump = `#!/bin/sh
[ "$1" != dash ] || { echo "SignatureInvalid: nobody signed it" >&2; exit 1; }
sed -i "s/version: .*/version: $3/" "$(dirname "$0")/../coins/$1/index.ts"
echo "coins/$1/index.ts: $2 → $3, signed by ann"
`;

/** Stands for the command line's `scan`: what the working copy's release has, as its test says. */
const coinfleet = `#!/bin/sh
set -- "$2" "$4" "$(sed -n 's/version: //p' "$(dirname "$0")/../../../coins/$2/index.ts")"
echo "$1 $3" >> "$(dirname "$0")/scans"
[ -f "$(dirname "$0")/$3" ] || { echo "no disk" >&2; exit 1; }
printf '[{"client":"%s","version":"%s","source":"upstream","scan":%s}]' "$2" "$3" "$(cat "$(dirname "$0")/$3")"
`;
const finding = { severity: "CRITICAL", package: "libssl3", installed: "3.0.11", fixed: "3.0.12" };
const scanned = (...ids: readonly string[]): object => ({
  state: "scanned",
  scanner: "trivy",
  findings: ids.map((id) => ({ id, ...finding })),
});

describe("proposeReleases", () => {
  let root: string;
  let server: Server;
  let commits: Commit[];
  let requests: Request[];
  let slack: string[];
  let slackStatus: number;
  let outage: number;
  const bin = (): string => join(root, "packages/cli/bin");
  const scanOf = (version: string, scan: object): void => writeFileSync(join(bin(), version), JSON.stringify(scan));
  const scans = (): string => readFileSync(join(bin(), "scans"), "utf8");
  const git = (...args: readonly string[]): string => execFileSync("git", ["-C", root, ...args], { encoding: "utf8" });
  const rowOf = (coin: string, newest: string, state: ReleaseRow["state"] = "behind"): ReleaseRow => ({
    coin,
    client: `${coin}d`,
    pinned: "1.0.0",
    newest,
    state,
    published: "2026-11-20",
    url: `https://upstream.example/${coin}/${newest}`,
  });

  beforeEach(async () => {
    [commits, requests, slack, slackStatus, outage] = [[], [], [], 200, 0];
    root = mkdtempSync(join(tmpdir(), "coinfleet-releases-"));
    mkdirSync(join(root, ".ci"));
    writeFileSync(join(root, ".ci/bump"), bump);
    chmodSync(join(root, ".ci/bump"), 0o755);
    mkdirSync(bin(), { recursive: true });
    writeFileSync(join(bin(), "coinfleet"), coinfleet);
    chmodSync(join(bin(), "coinfleet"), 0o755);
    for (const version of ["1.0.0", "1.1.0", "1.2.0"]) scanOf(version, scanned());
    for (const coin of ["litecoin", "dash", "lightning"]) {
      mkdirSync(join(root, "coins", coin), { recursive: true });
      writeFileSync(join(root, "coins", coin, "index.ts"), "version: 1.0.0\n");
    }
    writeFileSync(join(root, ".gitignore"), "packages\n");
    git("init", "--quiet");
    git("add", "-A");
    git("-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "-m", "first");
    server = createServer((request, response) => {
      void text(request).then((body) => {
        const url = new URL(request.url ?? "/", "http://host");
        const send = (status: number, value: unknown): void => {
          response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
        };
        const value: unknown = body === "" ? undefined : JSON.parse(body);
        if (url.pathname === "/slack") {
          slack.push((value as { text: string }).text);
          return void response.writeHead(slackStatus).end(slackStatus === 200 ? "ok" : "no_service");
        }
        if (request.headers["private-token"] !== "token") return send(401, { message: "401 Unauthorized" });
        if (outage > 0) return send(((outage -= 1), 503), { message: "out of order" });
        switch (`${request.method ?? ""} ${url.pathname}`) {
          case "GET /api/v4/projects/ops%2Fcoinfleet/merge_requests": {
            const of = requests.filter((one) => one.source_branch === url.searchParams.get("source_branch"));
            return send(
              200,
              of.map((one) => ({ web_url: `https://gitlab.example/${one.source_branch}` })),
            );
          }
          case "POST /api/v4/projects/ops%2Fcoinfleet/repository/commits":
            commits.push(value as Commit);
            return send(201, { id: "abc" });
          case "POST /api/v4/projects/ops%2Fcoinfleet/merge_requests":
            requests.push(value as Request);
            return send(201, { web_url: `https://gitlab.example/${(value as Request).source_branch}` });
          default:
            return send(404, { message: "404 Not Found" });
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    server.close();
    rmSync(root, { recursive: true });
  });

  async function propose(...rows: readonly ReleaseRow[]): Promise<{ failed: readonly string[]; said: string }> {
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const mergeRequests = new GitLabMergeRequests({ api: `${at}/api/v4`, id: "ops/coinfleet", target: "main", token: "token" });
    const said: string[] = [];
    const failed = await proposeReleases(rows, { root, coins, mergeRequests, webhook: `${at}/slack`, say: (line) => said.push(line) });
    return { failed, said: said.join("\n") };
  }

  it("opens one merge request for a newer release, with what it changes, and tells Slack; the working copy stays as it was", async () => {
    const { failed } = await propose(rowOf("litecoin", "1.1.0"), rowOf("lightning", "1.0.0", "current"));
    assert.deepEqual(failed, []);
    assert.deepEqual(commits, [
      {
        branch: "releases/litecoin-litecoind-1.1.0",
        start_sha: git("rev-parse", "HEAD").trim(),
        force: true,
        commit_message: "litecoin: litecoind 1.0.0 → 1.1.0",
        actions: [{ action: "update", file_path: "coins/litecoin/index.ts", content: "version: 1.1.0\n" }],
      },
    ]);
    const [request, ...others] = requests;
    assert.deepEqual([request?.title, request?.target_branch, others], ["litecoin: litecoind 1.0.0 → 1.1.0", "main", []]);
    assert.match(request?.description ?? "", /upstream\.example\/litecoin\/1\.1\.0[^]*The database [^]*signed by ann/);
    assert.deepEqual(slack, ["litecoin: litecoind 1.0.0 → 1.1.0 is out: https://gitlab.example/releases/litecoin-litecoind-1.1.0"]);
    assert.equal(git("status", "--porcelain"), "");
    assert.equal(readFileSync(join(root, "coins/litecoin/index.ts"), "utf8"), "version: 1.0.0\n");
  });

  it("says in it what the scan of the new image has found", async () => {
    scanOf("1.1.0", { ...scanned(), findings: [{ id: "CVE-2026-7", ...finding, severity: "HIGH" }] });
    await propose(rowOf("litecoin", "1.1.0"));
    const [request] = requests;
    assert.match(request?.description ?? "", /litecoind 1\.1\.0 \(upstream\): scanned by `trivy`: 1 high\.[^]*`CVE-2026-7`[^]*`3\.0\.12`/);
    assert.match(request?.title ?? "", /^litecoin:/);
    assert.equal(scans(), "litecoin 1.1.0\n", "the pinned release's is not needed");
  });

  it("makes a draft of a release with a critical finding that has a fix, and that the pinned release has not", async () => {
    scanOf("1.0.0", scanned("CVE-2026-1"));
    scanOf("1.1.0", scanned("CVE-2026-1", "CVE-2026-2"));
    await propose(rowOf("litecoin", "1.1.0"));
    assert.equal(requests[0]?.title, "Draft: litecoin: litecoind 1.0.0 → 1.1.0");
    assert.match(requests[0]?.description ?? "", /^\*\*A draft\*\*: [^]*has not: `CVE-2026-2` \(`libssl3`, fixed in `3\.0\.12`\)\. Who/);
    assert.match(slack[0] ?? "", /\(a draft: .*CVE-2026-2/);
    assert.equal(scans(), "litecoin 1.1.0\nlitecoin 1.0.0\n");
    assert.equal(git("status", "--porcelain"), "");
  });

  it("makes none of one that is no worse than the pinned release", async () => {
    for (const version of ["1.0.0", "1.1.0"]) scanOf(version, scanned("CVE-2026-1"));
    await propose(rowOf("litecoin", "1.1.0"));
    assert.match(requests[0]?.title ?? "", /^litecoin:/);
  });

  it("proposes what could not be scanned, and never calls it clean", async () => {
    scanOf("1.1.0", { state: "not scanned", why: "no docker engine answers" });
    await propose(rowOf("litecoin", "1.1.0"), rowOf("lightning", "9.9.9"));
    const [one, other] = requests.map(({ description }) => description.split("Known vulnerabilities of the image:")[1]?.trim());
    assert.equal(one, "litecoind 1.1.0 (upstream): **not scanned**: `no docker engine answers`");
    assert.equal(other, "lightningd 9.9.9 (?): **scan failed**: `no result: no disk`");
  });

  it("opens it once, and another one for another release", async () => {
    await propose(rowOf("litecoin", "1.1.0"));
    const again = await propose(rowOf("litecoin", "1.1.0"));
    assert.match(again.said, /https:\/\/gitlab\.example\/releases\/litecoin-litecoind-1\.1\.0$/);
    await propose(rowOf("litecoin", "1.2.0"));
    assert.deepEqual(
      requests.map((one) => one.source_branch),
      ["releases/litecoin-litecoind-1.1.0", "releases/litecoin-litecoind-1.2.0"],
    );
    assert.equal(slack.length, 2);
  });

  it("proposes nothing that cannot be verified, says why, and goes on with the others", async () => {
    const { failed } = await propose(rowOf("dash", "1.1.0"), rowOf("litecoin", "1.1.0"));
    assert.equal(failed.length, 1);
    assert.match(failed[0] ?? "", /^dash: .*SignatureInvalid: nobody signed it/);
    assert.deepEqual(
      requests.map((one) => one.title),
      ["litecoin: litecoind 1.0.0 → 1.1.0"],
    );
  });

  it("outlasts an outage of GitLab by the next run, and says that it was one", async () => {
    outage = 1;
    const { failed } = await propose(rowOf("litecoin", "1.1.0"));
    assert.match(failed[0] ?? "", /GitLab refused[^]*503/);
    assert.deepEqual((await propose(rowOf("litecoin", "1.1.0"))).failed, []);
    assert.equal(requests.length, 1);
  });

  it("says when Slack was not told; the merge request is there", async () => {
    slackStatus = 404;
    const { failed } = await propose(rowOf("litecoin", "1.1.0"));
    assert.match(failed[0] ?? "", /Slack answered 404: no_service/);
    assert.equal(requests.length, 1);
  });

  it("refuses a working copy with changes of its own, before anything is asked", async () => {
    writeFileSync(join(root, "coins/litecoin/index.ts"), "mine\n");
    await assert.rejects(propose(rowOf("litecoin", "1.1.0")), /The working copy has changes/);
    assert.deepEqual([commits, requests], [[], []]);
    assert.equal(readFileSync(join(root, "coins/litecoin/index.ts"), "utf8"), "mine\n");
  });
});
