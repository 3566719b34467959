import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureToolchain } from "@coinfleet/toolchain";
import { stringify } from "yaml";

/** Config of a stack file: `coinfleet:fleet`, `aws:region`, … */
export type StackFile = Readonly<Record<string, unknown>>;

/** One line of a plan, such as `update aws:ssm/parameter:Parameter litecoin-1-parameters-release`. */
export type PlanLine = string;

/** What a run of pulumi came to. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** A resource of the state, as far as tests ask. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly protect?: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

const root = join(import.meta.dirname, "../..");

/**
 * A stack with a backend and a project folder of its own, so that it neither sees nor touches the user's. The program, its packages and its coins are this
 * checkout's; the stack file is the test's.
 */
export class TestStack {
  readonly #folder: string;
  readonly #name: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string, name: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#name = name;
    this.#env = env;
  }

  /** `api` are the variables that point programs at an AWS API: a sandbox's `env`. `coinfleet`, where given, is the text of a script to run in its place. */
  static async create(name: string, api: Readonly<Record<string, string>>, coinfleet?: string): Promise<TestStack> {
    const toolchain = await ensureToolchain();
    const folder = await mkdtemp(join(tmpdir(), `coinfleet-${name}-`));
    await copyCheckout(folder);
    if (coinfleet !== undefined) await replaceCoinfleet(folder, coinfleet);
    for (const part of ["stacks", "backend"]) await mkdir(join(folder, part));
    const own = {
      PULUMI_BACKEND_URL: `file://${folder}/backend`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
    };
    const env = { ...process.env, ...toolchain.env(), ...api, ...own };
    const stack = new TestStack(folder, name, env);
    await stack.#must(["stack", "init", name, "--non-interactive"]);
    return stack;
  }

  /** Replaces the stack file. The salt of the stack's passphrase, which the engine keeps in it, stays. */
  async write(config: StackFile): Promise<void> {
    const file = join(this.#folder, "stacks", `Pulumi.${this.#name}.yaml`);
    const salt = /^encryptionsalt: .*$/m.exec(await readFile(file, "utf8").catch(() => ""))?.[0] ?? "";
    // As people write them: each value where it is used.
    await writeFile(file, `${stringify({ config }, { aliasDuplicateObjects: false })}${salt}\n`);
  }

  /** The same stack with other variables in the environment of `pulumi`. */
  withEnv(env: Readonly<Record<string, string>>): TestStack {
    return new TestStack(this.#folder, this.#name, { ...this.#env, ...env });
  }

  /** Text of a file of the stack's copy of the program. */
  read(path: string): Promise<string> {
    return readFile(join(this.#folder, path), "utf8");
  }

  /** Changes a text in a file of the stack's copy of the program. @throws when the text is not in it */
  async edit(path: string, from: string, to: string): Promise<void> {
    const text = await this.read(path);
    if (!text.includes(from)) throw new Error(`${path} does not contain ${from}`);
    await writeFile(join(this.#folder, path), text.replace(from, to));
  }

  /** Puts a file of the program back as it is in the checkout. */
  async restore(path: string): Promise<void> {
    await cp(join(root, path), join(this.#folder, path));
  }

  /** The plan, without what stays the same. @throws when the preview fails */
  async plan(): Promise<readonly PlanLine[]> {
    const { stdout } = await this.#must(["preview", "--json", "--non-interactive"]);
    return planLines(stdout);
  }

  preview(): Promise<Run> {
    return this.run(["preview", "--non-interactive", "--diff"]);
  }

  up(...flags: readonly string[]): Promise<Run> {
    return this.run(["up", "--yes", "--skip-preview", "--non-interactive", ...flags]);
  }

  /** `up` that is killed with all that it has started, as a pipeline's container is, unless it ends before. Its lock is taken away, as a person does. */
  async upKilledAfter(milliseconds: number): Promise<Run> {
    const run = await this.run(["up", "--yes", "--skip-preview", "--non-interactive"], AbortSignal.timeout(Math.round(milliseconds)));
    await this.run(["cancel", "--yes", "--non-interactive"]);
    return run;
  }

  destroy(...flags: readonly string[]): Promise<Run> {
    return this.run(["destroy", "--yes", "--skip-preview", "--non-interactive", ...flags]);
  }

  async outputs(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.#must(["stack", "output", "--json"])).stdout) as Record<string, unknown>;
  }

  async state(): Promise<readonly StateResource[]> {
    const { stdout } = await this.#must(["stack", "export"]);
    return (JSON.parse(stdout) as { deployment: { resources?: StateResource[] } }).deployment.resources ?? [];
  }

  /** Id of a resource by its logical name and type. */
  async idOf(type: string, name: string): Promise<string> {
    const found = (await this.state()).find((one) => one.type === type && one.urn.endsWith(`::${name}`));
    if (found?.id === undefined) throw new Error(`the state has no ${type} ${name}`);
    return found.id;
  }

  run(args: readonly string[], isKilled?: AbortSignal): Promise<Run> {
    return run(
      "pulumi",
      [...args, "--stack", this.#name].filter((_, index, all) => !(args[1] === "init" && index >= all.length - 2)),
      this.#folder,
      this.#env,
      isKilled,
    );
  }

  /** Runs a script of the stack's copy of the project, such as a pipeline's. */
  script(path: string, ...args: readonly string[]): Promise<Run> {
    return run(join(this.#folder, path), args, this.#folder, this.#env);
  }

  /** Runs our command line, of the stack's copy of the program. `isKilled` ends it at once when it is raised. */
  coinfleet(args: readonly string[], isKilled?: AbortSignal): Promise<Run> {
    return run(join(this.#folder, "packages/cli/bin/coinfleet"), args, this.#folder, this.#env, isKilled);
  }

  /** A file of the project folder, for what a replaced `coinfleet` reads. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  /** Removes the folder. What the stack has made goes with the sandbox that it was made in. */
  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #must(args: readonly string[]): Promise<Run> {
    const done = await this.run(args);
    if (done.code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${done.code}:\n${done.stdout}\n${done.stderr}`);
    return done;
  }
}

/**
 * A copy of what the program is made of, so that an edit during a test of minutes changes nothing in it. Packages from outside are linked; ours are found
 * in the copy, by the links that npm would make.
 */
async function copyCheckout(folder: string): Promise<void> {
  const isOurs = (path: string): boolean => !path.includes("/node_modules") && !path.endsWith(".test.ts");
  for (const part of ["packages", "coins", "tools", ".ci", "docs"])
    await cp(join(root, part), join(folder, part), { recursive: true, filter: isOurs });
  for (const part of ["index.ts", "package.json", "package-lock.json", "Pulumi.yaml"]) await cp(join(root, part), join(folder, part));
  const [modules, own] = ["node_modules", "node_modules/@coinfleet"];
  await mkdir(join(folder, own), { recursive: true });
  for (const name of await readdir(join(root, modules)))
    if (name !== "@coinfleet") await symlink(join(root, modules, name), join(folder, modules, name));
  for (const name of await readdir(join(root, own))) await symlink(await readlink(join(root, own, name)), join(folder, own, name));
  // What npm has put into a package's own folder, because two packages want different versions.
  for (const name of await readdir(join(folder, "packages"))) {
    const nested = join(root, "packages", name, modules);
    if (existsSync(nested)) await symlink(nested, join(folder, "packages", name, modules));
  }
}

async function replaceCoinfleet(folder: string, script: string): Promise<void> {
  const bin = join(folder, "node_modules/.bin");
  await rm(bin);
  await mkdir(bin);
  await writeFile(join(bin, "coinfleet"), script, { mode: 0o755 });
}

interface Step {
  readonly op: string;
  readonly urn: string;
}

/** A replacement is three steps for the engine and one line for a reader. */
function planLines(json: string): readonly PlanLine[] {
  const { steps } = JSON.parse(json) as { steps?: Step[] };
  const shown = (steps ?? []).filter(({ op }) => !["same", "create-replacement", "delete-replaced", "read"].includes(op));
  return shown.map(({ op, urn }) => {
    const [, , types, name] = urn.split("::");
    return `${op} ${types?.split("$").at(-1)} ${name}`;
  });
}

function run(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv, isKilled?: AbortSignal): Promise<Run> {
  const started = Date.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    isKilled?.addEventListener("abort", () => killTree(child.pid));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, stdout, stderr, seconds: (Date.now() - started) / 1000 }));
  });
}

/** Ends a process that we have started, and all that it has started, at once. */
function killTree(root: number | undefined): void {
  if (root === undefined) return;
  const all = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const tree = [root];
  for (const parent of tree) tree.push(...all.flatMap(([pid = 0, ppid]) => (ppid === parent ? [pid] : [])));
  for (const pid of tree) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}
