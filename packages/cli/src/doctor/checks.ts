import { statfs } from "node:fs/promises";
import { homedir, totalmem } from "node:os";
import { BuildError, findGo } from "@coinfleet/build";
import { z } from "zod";
import { describeAwsError, errorCode } from "../aws-call.ts";
import { ownPrograms } from "../project.ts";
import { formatBytes } from "@coinfleet/build/progress";
import { runProgram } from "./run-program.ts";
import type { Verdict } from "./verdict.ts";

const quickMs = 10_000;
const firstLine = (text: string): string => text.trim().split("\n")[0] ?? "";

const toolSchema = z.array(
  z.looseObject({
    name: z.string(),
    wanted: z.string(),
    state: z.enum(["ok", "missing", "broken"]),
    found: z.string().optional(),
    tried: z.array(z.string()),
    todo: z.string(),
  }),
);

/** What the project's toolchain says of Node, Pulumi and its plugins. */
export async function checkToolchain(): Promise<Verdict[]> {
  const { output, error } = await runProgram(ownPrograms.toolchain, ["doctor", "--json"], 60_000);
  try {
    return toolSchema
      .parse(JSON.parse(output))
      .map(({ name, wanted, state, found, tried, todo }) => ({ name: `${name} ${wanted}`, state, found, tried, todo }));
  } catch {
    return [{ name: "toolchain", state: "broken", tried: [`${ownPrograms.toolchain}: ${firstLine(error)}`], todo: "Run `npm ci`." }];
  }
}

/** Docker: an engine that answers, or a `dockerd` that the sandbox can start for itself. */
export async function checkDocker(): Promise<Verdict> {
  const host = process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";
  const engine = await runProgram("docker", ["version", "--format", "{{.Server.Version}}"], quickMs);
  if (engine.code === 0)
    return { name: "docker", state: "ok", found: `engine ${firstLine(engine.output)} at ${host}`, tried: [], todo: "" };
  const daemon = await runProgram("dockerd", ["--version"], quickMs);
  const tried = [`docker at ${host}: ${firstLine(engine.error)}`];
  if (engine.code !== undefined && daemon.code === 0)
    return {
      name: "docker",
      state: "ok",
      found: `${firstLine(daemon.output)} (no engine at ${host}; the sandbox starts its own)`,
      tried,
      todo: "",
    };
  return {
    name: "docker",
    state: "missing",
    tried: [...tried, `dockerd: ${firstLine(daemon.error)}`],
    todo: "Install docker (Debian: `apt-get install docker.io`), or start its engine.",
  };
}

export async function checkPacker(): Promise<Verdict> {
  const { code, output, error } = await runProgram("packer", ["version"], quickMs);
  if (code === 0) return { name: "packer 1.6.6 or newer", state: "ok", found: firstLine(output), tried: [], todo: "" };
  return {
    name: "packer 1.6.6 or newer",
    state: "missing",
    tried: [`packer on PATH: ${firstLine(error)}`],
    todo: "Install Packer (Debian: `apt-get install packer`), or name an AMI in the stack file.",
  };
}

export async function checkGo(): Promise<Verdict> {
  const name = "Go 1.26 or newer";
  return findGo().then(
    ({ path, version }): Verdict => ({ name, state: "ok", found: `${version} ${path}`, tried: [], todo: "" }),
    (cause: unknown): Verdict => ({
      name,
      state: "missing",
      tried: [cause instanceof BuildError ? (cause.details.got ?? "") : String(cause)],
      todo: "Install Go from https://go.dev/dl; clients that are compiled from Go modules need it.",
    }),
  );
}

const needed = { diskBytes: 20 * 1024 ** 3, memoryBytes: 7 * 1024 ** 3 } as const;

/** Disk and memory for a sandbox with nodes in it. */
export async function checkRoom(): Promise<Verdict[]> {
  const folder = process.env["XDG_CACHE_HOME"] ?? homedir();
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const memory = totalmem();
  return [
    {
      name: "disk",
      state: free >= needed.diskBytes ? "ok" : "missing",
      found: `${formatBytes(free)} free at ${folder}`,
      tried: [],
      todo: `Make room: ${formatBytes(needed.diskBytes)} are needed; or move the cache with XDG_CACHE_HOME and XDG_STATE_HOME.`,
    },
    {
      name: "memory",
      state: memory >= needed.memoryBytes ? "ok" : "missing",
      found: formatBytes(memory),
      tried: [],
      todo: `A sandbox with its nodes needs ${formatBytes(needed.memoryBytes)}.`,
    },
  ];
}

/** Who AWS takes us for, and where that is. */
export async function checkAws(): Promise<Verdict> {
  const { GetCallerIdentityCommand, STSClient } = await import("@aws-sdk/client-sts");
  const endpoint = process.env["AWS_ENDPOINT_URL"];
  const name = "AWS";
  const todo =
    'For AWS: log in and set AWS_PROFILE and AWS_REGION. For a running sandbox: `eval "$(npx coinfleet env)"`. `npm start` needs neither.';
  try {
    const client = new STSClient({ maxAttempts: 1, requestHandler: { connectionTimeout: 4_000, requestTimeout: 6_000 } });
    const identity = await client.send(new GetCallerIdentityCommand({}), { abortSignal: AbortSignal.timeout(8_000) });
    const region = await client.config.region();
    return {
      name,
      state: "ok",
      found: `account ${identity.Account ?? "?"} as ${identity.Arn ?? "?"}, ${region}${endpoint === undefined ? "" : ` at ${endpoint}`}`,
      tried: [],
      todo: "",
    };
  } catch (cause) {
    const isUnset =
      errorCode(cause) === "CredentialsProviderError" || (cause instanceof Error && cause.message.includes("Region is missing"));
    return {
      name,
      state: isUnset ? "unset" : "broken",
      tried: [describeAwsError(`sts:GetCallerIdentity${endpoint === undefined ? "" : ` at ${endpoint}`}`, cause)],
      todo,
    };
  }
}

const sandboxSchema = z.looseObject({ name: z.string(), state: z.string(), endpoint: z.string().nullish() });

export async function checkSandbox(): Promise<Verdict> {
  const name = "sandbox";
  const { output, error } = await runProgram(ownPrograms.sandbox, ["status", "--json"], quickMs);
  try {
    const { name: which, state, endpoint } = sandboxSchema.parse(JSON.parse(output));
    const isRunning = state === "running";
    return {
      name,
      state: isRunning ? "ok" : "unset",
      found: `"${which}" is ${state}${isRunning && typeof endpoint === "string" ? ` at ${endpoint}` : ""}`,
      tried: [],
      todo: "`npm start` starts it.",
    };
  } catch {
    return {
      name,
      state: "broken",
      tried: [`${ownPrograms.sandbox} status: ${firstLine(error)}`],
      todo: "`npm run sandbox:down` removes it, `npm start` makes it anew.",
    };
  }
}
