import { spawn } from "node:child_process";

/** Runs a command in the foreground. Rejects when it fails. */
export async function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<void> {
  await finish(program, args, env, "inherit");
}

/** Runs commands at the same time, in the foreground. When one fails, the others are ended. Rejects with the first failure, when all have ended. */
export async function runSideBySide(commands: readonly (readonly [program: string, ...args: string[]])[]): Promise<void> {
  const ending = new AbortController();
  const failures: unknown[] = [];
  await Promise.all(
    commands.map(([program, ...args]) =>
      finish(program, args, process.env, "inherit", ending.signal).catch((error: unknown) => {
        failures.push(error);
        ending.abort();
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
}

/** Runs a command and resolves to what it wrote to standard output. Its standard error stays visible. */
export async function output(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  return finish(program, args, env, "pipe");
}

function finish(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  stdout: "inherit" | "pipe",
  ending?: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ["ignore", stdout, "inherit"] });
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    child.once("error", reject);
    ending?.addEventListener("abort", () => child.kill());
    child.once("close", (code, signal) => {
      if (code === 0) resolve(text);
      else
        reject(
          new Error(
            `${program} ${args.join(" ")} ended with ${signal ?? `exit code ${code ?? "unknown"}`}; what it did before that is kept, and npm start goes on from there.`,
          ),
        );
    });
  });
}
