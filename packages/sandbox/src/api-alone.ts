import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { SandboxCommandError } from "./sandbox-command-error.ts";

const program = fileURLToPath(new URL("../bin/sandbox", import.meta.url));

const told = z.object({ endpoint: z.string(), region: z.string(), account: z.string() });

/** The AWS API without machines behind it: what a plan needs, and no more. Starts in seconds, as any user, without docker. */
export interface ApiAlone {
  readonly endpoint: string;
  /** Variables that point AWS programs at it. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends it. It forgets all that it had. */
  stop(): Promise<void>;
}

/**
 * Serves the API from a folder of its own.
 * @throws {@link SandboxCommandError} when it does not start
 */
export async function startApiAlone(): Promise<ApiAlone> {
  const folder = await mkdtemp(join(tmpdir(), "coinfleet-api-"));
  const child = spawn(program, ["api", folder], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const first = await new Promise<string | undefined>((resolve) => {
    let seen = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      seen += text;
      if (seen.includes("\n")) resolve(seen.split("\n")[0]);
    });
    void ended.then(() => resolve(undefined));
  });
  if (first === undefined) throw new SandboxCommandError(errors.trim());
  const { endpoint, region } = told.parse(JSON.parse(first));
  return {
    endpoint,
    env: { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region, AWS_ACCESS_KEY_ID: "sandbox", AWS_SECRET_ACCESS_KEY: "sandbox" },
    stop: async () => {
      child.stdin.end();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
