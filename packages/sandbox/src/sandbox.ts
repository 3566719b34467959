import { fileURLToPath } from "node:url";
import { z } from "zod";
import { runProgram } from "./run-program.ts";
import { SandboxCommandError } from "./sandbox-command-error.ts";

const program = fileURLToPath(new URL("../bin/sandbox", import.meta.url));

const description = z.object({
  name: z.string(),
  endpoint: z.string(),
  region: z.string(),
  account: z.string(),
  dir: z.string(),
  namespace: z.string(),
  env: z.record(z.string(), z.string()),
});
type Description = z.infer<typeof description>;

/** How a command on an instance ended. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@link startSandbox}. */
export interface StartSandboxOptions {
  /**
   * Which sandbox: several can run side by side. Lower-case letters, digits and "-", at most 31.
   * @default "default"
   */
  readonly name?: string;
  /**
   * Sees each line of progress.
   * @default - progress is not shown
   */
  readonly onProgress?: (line: string) => void;
}

/**
 * Starts a sandbox, or starts a stopped one again with all that it had. Returns when its API answers and its hosts have booted.
 * The first start on a machine builds images and takes minutes; later ones take seconds.
 * @throws {@link SandboxCommandError} when it cannot start.
 */
export async function startSandbox(options: StartSandboxOptions = {}): Promise<Sandbox> {
  const name = options.name ?? "default";
  const stdout = await sandboxCommand(["start", "--name", name, "--json"], options.onProgress);
  return new Sandbox(description.parse(JSON.parse(stdout)));
}

/** A running sandbox. */
export class Sandbox {
  /** Its name. */
  readonly name: string;
  /** Variables that point AWS programs and docker at it, and nothing else. */
  readonly env: Readonly<Record<string, string>>;
  /** URL of its AWS API. */
  readonly endpoint: string;
  /** Its only region. */
  readonly region: string;
  /** Its account id. */
  readonly account: string;
  /** Folder with its state and logs. */
  readonly dir: string;
  /** Name of its network namespace, for `ip netns exec`. */
  readonly namespace: string;

  constructor(told: Description) {
    this.name = told.name;
    this.env = told.env;
    this.endpoint = told.endpoint;
    this.region = told.region;
    this.account = told.account;
    this.dir = told.dir;
    this.namespace = told.namespace;
  }

  /** Shuts it down; `startSandbox` with its name brings back everything. */
  async stop(): Promise<void> {
    await sandboxCommand(["stop", "--name", this.name]);
  }

  /** Removes it with all that it made. */
  async down(): Promise<void> {
    await sandboxCommand(["down", "--name", this.name]);
  }

  /** Runs a command as root on an instance. A non-zero exit code is a result, not an error. */
  async exec(instanceId: string, argv: readonly string[]): Promise<CommandResult> {
    return runProgram([program, "exec", "--name", this.name, instanceId, "--", ...argv]);
  }

  /** Every SNS message that was published, oldest first. */
  async messages(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const stdout = await sandboxCommand(["messages", "--name", this.name]);
    const lines = stdout.split("\n").filter((line) => line !== "");
    return lines.map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line)));
  }
}

async function sandboxCommand(parameters: readonly string[], onProgress?: (line: string) => void): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram([program, ...parameters], onProgress);
  if (exitCode !== 0) throw new SandboxCommandError(stderr.trim());
  return stdout;
}
