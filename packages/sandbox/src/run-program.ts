import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { CommandResult } from "./sandbox.ts";

/** Runs a program to its end and returns what it printed. `onLine` sees the lines of its standard error as they come. */
export async function runProgram(argv: readonly string[], onLine: (line: string) => void = () => undefined): Promise<CommandResult> {
  const [program = "", ...parameters] = argv;
  const child = spawn(program, parameters, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      resolve(code ?? -1);
    });
  });
  let rest = "";
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  });
  const [stdout, exitCode] = await Promise.all([text(child.stdout), ended]);
  return { exitCode, stdout, stderr };
}
