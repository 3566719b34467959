import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { coins } from "../../../../coins/index.ts";
import { watchReleases } from "./watch-releases.ts";

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const release = (tag_name: string, more: object = {}): object => ({
  tag_name,
  draft: false,
  prerelease: false,
  published_at: "2026-11-20T08:00:00Z",
  html_url: `https://github.example/releases/${tag_name}`,
  ...more,
});

describe("watchReleases", () => {
  let server: Server;
  let answers: Record<string, Answer>;
  let asked: { path: string; token: string | undefined }[];
  const github = (): { api: string } => ({ api: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  const watch = (...chosen: string[]): ReturnType<typeof watchReleases> => watchReleases(coins, chosen, github());
  const dash = "/repos/dashpay/dash/releases?per_page=50";
  const lnd = "/repos/lightningnetwork/lnd/releases?per_page=50";

  beforeEach(async () => {
    answers = {};
    asked = [];
    server = createServer((request, response) => {
      asked.push({ path: request.url ?? "", token: request.headers.authorization });
      const { status = 200, headers = {}, body } = answers[request.url ?? ""] ?? { status: 404, body: { message: "Not Found" } };
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it("names the newest finished release that is called as the pinned one, whatever the order of the list", async () => {
    answers[dash] = {
      body: [
        release("v99.2.0-rc.1"),
        release("v99.3.0", { prerelease: true }),
        release("v99.4.0", { draft: true }),
        release("v99.0.9"),
        release("v99.1.0"),
        release("signer-v100.0.0"),
        release("v23.0.0"),
      ],
    };
    const [row, ...others] = await watch("dash");
    assert.deepEqual(others, []);
    assert.equal(row?.state, "behind");
    assert.equal(row.newest, "99.1.0");
    assert.equal(row.published, "2026-11-20");
    assert.equal(row.url, "https://github.example/releases/v99.1.0");
  });

  it("calls a pinned release current when upstream has only older ones", async () => {
    answers[dash] = { body: [release("v0.1.0")] };
    assert.equal((await watch("dash"))[0]?.state, "current");
  });

  it("takes a project that never leaves beta as it comes, and no candidate of it", async () => {
    answers[lnd] = { body: [release("v99.0.0-beta.rc2"), release("v98.0.0-beta")] };
    assert.equal((await watch("lightning"))[0]?.newest, "98.0.0-beta");
  });

  it("asks for each repository once, and not again after the limit", async () => {
    const reset = String(Date.parse("2026-11-21T12:34:00Z") / 1000);
    const limit = {
      status: 403,
      headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset },
      body: { message: "API rate limit exceeded" },
    };
    answers[dash] = limit;
    const rows = await watch("dash", "lightning");
    assert.deepEqual(
      rows.map(({ state, why }) => [state, why]),
      Array.from({ length: 2 }, () => ["unknown", "GitHub takes no more questions until 12:34 UTC: set GITHUB_TOKEN"]),
    );
    assert.deepEqual(
      asked.map(({ path }) => path),
      [dash],
    );
  });

  it("says what it could not read, and goes on", async () => {
    answers[dash] = { status: 502, body: {} };
    answers[lnd] = { body: [{ name: "half an answer" }] };
    assert.deepEqual(
      (await watch("dash", "lightning", "bitcoin")).map(({ coin, why }) => `${coin}: ${why}`),
      [
        "bitcoin: upstream has no list of releases on GitHub",
        "dash: GitHub answered 502",
        "lightning: GitHub's answer is not the one that its API documents",
      ],
    );
  });

  it("shows its token to GitHub, where it has one", async () => {
    answers[dash] = { body: [] };
    await watchReleases(coins, ["dash"], { ...github(), token: "secret" });
    assert.deepEqual(asked, [{ path: dash, token: "Bearer secret" }]);
  });

  it("finds most coins' lists by the address that they download from", async () => {
    const rows = await watch();
    const unlisted = rows.filter(({ why }) => why === "upstream has no list of releases on GitHub");
    assert.ok(
      rows.length >= Object.keys(coins).length && unlisted.length < rows.length / 2,
      unlisted.map(({ client }) => client).join(", "),
    );
  });

  it("refuses a coin that does not exist", async () => {
    await assert.rejects(watch("doge"), /There is no such coin/);
  });
});
