import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const root = join(import.meta.dirname, "../..");
const runner = join(root, "node_modules/.bin/gitlab-ci-local");

interface Finished {
  readonly code: number;
  readonly said: string;
}

function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part: string) => (said += part));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, said }));
  });
}

const previewJob = ["preview", "--force-shell-executor", "--no-artifacts-to-source"];

/** In the place of the engine: the recorded events of a real preview, a plan that says so, and a list of what was asked of it. */
const pulumi = `#!/bin/sh
echo "$*" >> "$ENGINE_CALLS"
case "$*" in
  *"$ENGINE_FAILS"*) exit 1 ;;
  "stack ls --json") printf '%s' "$STATES" && exit 0 ;;
esac
while [ $# -gt 0 ]; do
  case $1 in
    --event-log) cp "$RECORDED_PREVIEW" "$2" ;;
    --save-plan) echo "a plan" > "$2" ;;
    --plan) cat "$2" >> "$ENGINE_CALLS" ;;
  esac
  shift
done
exit "$RECORDED_EXIT"
`;

describe("the GitLab pipeline, in a local runner", function () {
  this.timeout(5 * 60_000);
  let folder: string;
  let project: string;
  let server: Server;
  let url: string;
  let notes: { id: number; body: string }[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "coinfleet-pipeline-"));
    project = join(folder, "project");
    await mkdir(join(folder, "bin"));
    await writeFile(join(folder, "bin/pulumi"), pulumi);
    // The packages are there, and other tests show what the checks and the commands do.
    for (const name of ["npm", "npx"]) await writeFile(join(folder, "bin", name), `#!/bin/sh\necho "${name} $*" >> "$ENGINE_CALLS"\n`);
    for (const name of ["pulumi", "npm", "npx"]) await chmod(join(folder, "bin", name), 0o755);
    for (const part of [".gitlab-ci.yml", ".ci", "stacks", "coins"]) {
      await cp(join(root, part), join(project, part), { recursive: true, filter: (path) => !path.includes("node_modules") });
    }
    await writeFile(join(project, ".gitignore"), "node_modules\n.gitlab-ci-local\npreviews\n.coinfleet\n");
    await symlink(join(root, "node_modules"), join(project, "node_modules"));
    await git("init", "--quiet", "--initial-branch=main");
    await git("remote", "add", "origin", "git@gitlab.example:ops/coinfleet.git");
    await commit("before");
    await git("update-ref", "refs/remotes/origin/main", "HEAD");
    await git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main");
    await writeFile(join(project, "coins/litecoin/index.ts"), `${await readFile(join(project, "coins/litecoin/index.ts"), "utf8")}\n`);
    await commit("a change of one coin");
    server = createServer((request, response) => {
      void text(request).then((body) => {
        const send = (value: unknown): void => void response.setHeader("content-type", "application/json").end(JSON.stringify(value));
        if (request.headers["private-token"] !== "note-token") return response.writeHead(401).end("{}");
        if (request.method === "GET") return send(notes);
        const written = (JSON.parse(body) as { body: string }).body;
        const id = Number(request.url?.split("/").at(-1));
        notes =
          request.method === "PUT"
            ? notes.map((note) => (note.id === id ? { id, body: written } : note))
            : [...notes, { id: 1, body: written }];
        send({});
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v4`;
  });

  after(async () => {
    server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function git(...args: readonly string[]): Promise<string> {
    const { code, said } = await run("git", ["-c", "user.name=test", "-c", "user.email=test@example", ...args], project);
    assert.equal(code, 0, said);
    return said.trim();
  }

  async function commit(message: string): Promise<void> {
    await git("add", "--all");
    await git("commit", "--quiet", "--message", message);
  }

  const local = (...args: readonly string[]): Promise<Finished> =>
    run(process.execPath, [runner, ...args], project, {
      ...process.env,
      PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
    });

  async function mergeRequest(
    args: readonly string[],
    preview: string,
    exit: number,
    variables: Readonly<Record<string, string>> = {},
  ): Promise<Finished> {
    const all = {
      CI_PIPELINE_SOURCE: "merge_request_event",
      CI_MERGE_REQUEST_SOURCE_PROJECT_ID: "7",
      CI_PROJECT_ID: "7",
      CI_MERGE_REQUEST_IID: "3",
      CI_MERGE_REQUEST_DIFF_BASE_SHA: await git("rev-parse", "HEAD~1"),
      CI_API_V4_URL: url,
      COINFLEET_NOTE_TOKEN: "note-token",
      RECORDED_PREVIEW: join(root, `test/fixtures/previews/${preview}.jsonl`),
      RECORDED_EXIT: String(exit),
      ENGINE_CALLS: join(folder, "calls"),
      ENGINE_FAILS: "nothing fails",
      STATES: JSON.stringify([{ name: "staging" }, { name: "exchange/production" }], undefined, 2),
      AWS_TOKEN: "a token",
      ...variables,
    };
    const given = Object.entries(all).flatMap(([name, value]) => ["--variable", `${name}=${value}`]);
    return local(...args, ...given);
  }

  /** What a pipeline of the default branch asks of the engine and of our commands. */
  async function onMain(
    args: readonly string[],
    variables: Readonly<Record<string, string>> = {},
  ): Promise<Finished & { calls: string[] }> {
    await rm(join(folder, "calls"), { force: true });
    const finished = await mergeRequest([...args, "--force-shell-executor", "--no-artifacts-to-source"], "release-bump", 0, {
      CI_PIPELINE_SOURCE: "push",
      ...variables,
    });
    const calls = await readFile(join(folder, "calls"), "utf8").catch(() => "");
    return { ...finished, calls: calls.split("\n").filter((call) => call !== "" && !call.startsWith("npm ci")) };
  }

  it("is what GitLab's published schema of such files allows", async () => {
    const { code, said } = await local("--list-all");
    assert.equal(code, 0, said);
    assert.match(said, /json schema validated/);
  });

  it("would not be allowed with a mistake in it", async () => {
    const file = join(project, ".gitlab-ci.yml");
    const good = await readFile(file, "utf8");
    await writeFile(file, good.replace("interruptible: false", "interruptible: perhaps"));
    const { code, said } = await local("--list-all");
    await writeFile(file, good);
    assert.notEqual(code, 0);
    assert.match(said, /'interruptible' property type must be boolean/);
  });

  it("verifies what the images of the changed coins are made of, and scans them", async () => {
    const { code, said } = await mergeRequest(["images", "--force-shell-executor", "--no-artifacts-to-source"], "nothing", 0);
    assert.equal(code, 0, said);
    const calls = (await readFile(join(folder, "calls"), "utf8")).split("\n").filter(Boolean);
    assert.deepEqual(calls, [
      "npm ci --ignore-scripts",
      "npm run --silent coin -- verify --except-pending litecoin",
      "npx coinfleet scan litecoin",
    ]);
  });

  it("puts the note on the merge request, and replaces it on the next push", async () => {
    const first = await mergeRequest(previewJob, "release-bump", 0);
    assert.equal(first.code, 0, first.said);
    assert.equal(notes.length, 1);
    assert.match(notes[0]?.body ?? "", /\*\*sandbox: needs care\*\*[^]*1\.16\.8-go →/);
    const second = await mergeRequest(previewJob, "nothing", 0);
    assert.equal(second.code, 0, second.said);
    assert.equal(notes.length, 1);
    assert.match(notes[0]?.body ?? "", /\*\*sandbox: no change\*\*/);
  });

  it("stops on a blocked change, after its note is written", async () => {
    const { code, said } = await mergeRequest(previewJob, "smaller-volume", 255);
    assert.notEqual(code, 0, said);
    assert.match(notes[0]?.body ?? "", /\*\*sandbox: blocked\*\*[^]*VolumeCannotShrink/);
  });

  it("brings development and staging up by itself, and plans production for a person", async () => {
    const { code, said, calls } = await onMain([]);
    assert.equal(code, 0, said);
    const [, , ...engine] = calls;
    assert.deepEqual(calls.slice(0, 2), ["npm run --silent check", "npm test --silent"]);
    assert.deepEqual(
      engine.map((call) => call.split(" ").slice(0, 3).join(" ")),
      ["up --stack development", "up --stack staging", "preview --stack production"],
    );
    assert.match(engine[2] ?? "", /--save-plan previews\/production\.plan/);
  });

  it("goes no further than an environment that fails", async () => {
    const { code, calls } = await onMain([], { ENGINE_FAILS: "up --stack development" });
    assert.notEqual(code, 0);
    assert.deepEqual(
      calls.filter((call) => call.includes("--stack")).map((call) => call.split(" ")[2]),
      ["development"],
    );
  });

  it("applies to production the plan that was read, when a person says so", async () => {
    const { code, said, calls } = await onMain(["production", "--needs"]);
    assert.equal(code, 0, said);
    const [applied, plan] = calls.slice(-2);
    assert.match(applied ?? "", /^up --stack production .*--plan previews\/production\.plan$/);
    assert.equal(plan, "a plan");
  });

  it("looks at every environment for drift and at upstreams for releases, on a schedule", async () => {
    const { code, said, calls } = await onMain([], { CI_PIPELINE_SOURCE: "schedule" });
    assert.equal(code, 0, said);
    const looked = calls.filter((call) => call.startsWith("preview")).map((call) => call.split(" ")[2]);
    assert.deepEqual(looked, ["production", "staging"], "those that have a state, with and without an organisation");
    assert.ok(calls.filter((call) => call.startsWith("preview")).every((call) => call.includes("--expect-no-changes")));
    assert.ok(calls.includes("npx coinfleet releases"), "without a token it proposes nothing");
    assert.equal(
      calls.some((call) => call.startsWith("up ")),
      false,
    );
  });

  it("drills production's backups on a schedule, where there is a role for it", async () => {
    const scheduled = { CI_PIPELINE_SOURCE: "schedule" };
    const drills = ({ calls }: { readonly calls: readonly string[] }): readonly string[] => calls.filter((call) => call.includes("drill"));
    const { code, said, ...done } = await onMain([], { ...scheduled, DRILL_ROLE_ARN: "arn:aws:iam::333333333333:role/drill" });
    assert.equal(code, 0, said);
    assert.deepEqual(drills(done), ["npx coinfleet drill --environment production --all"]);
    assert.deepEqual(drills(await onMain([], scheduled)), []);
  });

  it("takes a backend that does not answer, or that has no stack of ours, for a failure", async () => {
    const drift = (variables: Readonly<Record<string, string>>): Promise<Finished> =>
      onMain(["drift"], { CI_PIPELINE_SOURCE: "schedule", ...variables });
    assert.notEqual((await drift({ ENGINE_FAILS: "stack ls" })).code, 0);
    assert.notEqual((await drift({ STATES: "[]" })).code, 0);
    assert.notEqual((await drift({ ENGINE_FAILS: "preview --stack staging" })).code, 0, "drift of one stack");
  });

  it("gives a fork no preview, and so no identity", async () => {
    const own = await mergeRequest(["--list"], "nothing", 0);
    const fork = await mergeRequest(["--list"], "nothing", 0, { CI_MERGE_REQUEST_SOURCE_PROJECT_ID: "8" });
    assert.match(own.said, /^preview /m);
    assert.doesNotMatch(fork.said, /^preview /m);
    assert.match(fork.said, /^checks /m);
  });
});
