import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CoinRegistry } from "@coinfleet/sdk";
import { CliError } from "../cli-error.ts";
import { runProgram } from "../doctor/run-program.ts";
import { describeScan, objectionTo } from "../scan/describe-scan.ts";
import type { ClientScan } from "../scan/scan-result.ts";
import { describeRelease, titleOf } from "./describe-release.ts";
import type { ReleaseRow } from "./judge-release.ts";
import type { ChangedFile, MergeRequests } from "./merge-requests.ts";
import { scanWorkingCopy } from "./scan-working-copy.ts";

/** What proposing releases works with. */
export interface Proposing {
  /** Working copy, which a bump changes and which is put back after each. */
  readonly root: string;
  readonly coins: CoinRegistry;
  readonly mergeRequests: MergeRequests;
  /** Slack's incoming webhook. @default - nobody is told */
  readonly webhook?: string | undefined;
  say(text: string): void;
}

const bumpLimitMs = 30 * 60_000;
const run = promisify(execFile);

/** One merge request for each newer release, once in its life. What cannot be verified, or proposed, is said, and the others go on. @returns what failed */
export async function proposeReleases(rows: readonly ReleaseRow[], proposing: Proposing): Promise<readonly string[]> {
  await refuseDirty(proposing.root);
  const failed: string[] = [];
  for (const row of rows.filter(({ state }) => state === "behind")) {
    try {
      await proposeOne(row, proposing);
    } catch (error) {
      failed.push(`${titleOf(row)}: ${error instanceof Error ? error.message : String(error)}`);
      proposing.say(failed.at(-1) ?? "");
    }
  }
  return failed;
}

async function proposeOne(row: ReleaseRow, { root, coins, mergeRequests, webhook, say }: Proposing): Promise<void> {
  const branch = `releases/${row.coin}-${row.client}-${row.newest ?? ""}`;
  const known = await mergeRequests.find(branch);
  if (known !== undefined) return say(`${titleOf(row)}: ${known}`);
  const coin = coins[row.coin];
  if (coin === undefined) throw new Error(`no coin ${row.coin}`);
  const { verified, files, scan } = await bump(row, root);
  const objection = await objectionTo(scan.scan, async () => (await scanWorkingCopy(row, row.pinned, root)).scan);
  const url = await mergeRequests.open({
    branch,
    from: (await run("git", ["-C", root, "rev-parse", "HEAD"])).stdout.trim(),
    title: titleOf(row),
    description: describeRelease(row, coin, { verified, scan: describeScan(scan), objection }),
    files,
    isDraft: objection !== undefined,
  });
  say(`${titleOf(row)}: ${url} (${objection === undefined ? "new" : `new, a draft: ${objection}`})`);
  if (webhook !== undefined)
    await tell(webhook, `${titleOf(row)} is out: ${url}${objection === undefined ? "" : ` (a draft: ${objection})`}`);
}

interface Bumped {
  readonly verified: string;
  readonly files: readonly ChangedFile[];
  readonly scan: ClientScan;
}

/** Verifies the release and writes it, as a person would by `.ci/bump`, builds and scans its image, and takes the working copy's changes out again. */
async function bump(row: ReleaseRow, root: string): Promise<Bumped> {
  const { coin, client, newest = "" } = row;
  try {
    const { code, output, error } = await runProgram(join(root, ".ci/bump"), [coin, client, newest], bumpLimitMs);
    if (code !== 0) throw new Error(`the bump has failed: ${error.trim().split("\n").slice(-12).join("\n")}`);
    const { stdout } = await run("git", ["-C", root, "diff", "--name-only", "-z"]);
    const paths = stdout.split("\0").filter((path) => path !== "");
    if (paths.length === 0) throw new Error("the bump has changed nothing");
    return {
      verified: output,
      files: await Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(root, path), "utf8") }))),
      scan: await scanWorkingCopy(row, newest, root),
    };
  } finally {
    await run("git", ["-C", root, "checkout", "--quiet", "--", "."]);
  }
}

async function refuseDirty(root: string): Promise<void> {
  const { stdout } = await run("git", ["-C", root, "status", "--porcelain", "--untracked-files=no"]);
  if (stdout === "") return;
  throw new CliError("InvalidInput", {
    title: "The working copy has changes of its own, which a bump would be mixed with.",
    where: root,
    got: `\n${stdout}`,
    fix: "Commit or stash them.",
    state: "Nothing has been proposed.",
  });
}

/** A merge request counts, the message about it does not: without it the next run would not tell either. */
async function tell(webhook: string, text: string): Promise<void> {
  const answer = await fetch(webhook, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!answer.ok) throw new Error(`Slack answered ${answer.status}: ${(await answer.text()).slice(0, 200)}`);
}
