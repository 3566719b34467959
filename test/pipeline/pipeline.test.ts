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

/** In the place of the engine: the recorded events of a real preview. In the place of npm: nothing, because the packages are there. */
const pulumi = `#!/bin/sh
while [ $# -gt 0 ]; do case $1 in --event-log) log=$2;; esac; shift; done
cp "$RECORDED_PREVIEW" "$log"
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
    await writeFile(join(folder, "bin/npm"), "#!/bin/sh\nexit 0\n");
    for (const name of ["pulumi", "npm"]) await chmod(join(folder, "bin", name), 0o755);
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
      AWS_TOKEN: "a token",
      ...variables,
    };
    const given = Object.entries(all).flatMap(([name, value]) => ["--variable", `${name}=${value}`]);
    return local(...args, ...given);
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

  it("gives a fork no preview, and so no identity", async () => {
    const own = await mergeRequest(["--list"], "nothing", 0);
    const fork = await mergeRequest(["--list"], "nothing", 0, { CI_MERGE_REQUEST_SOURCE_PROJECT_ID: "8" });
    assert.match(own.said, /^preview /m);
    assert.doesNotMatch(fork.said, /^preview /m);
    assert.match(fork.said, /^checks /m);
  });
});
