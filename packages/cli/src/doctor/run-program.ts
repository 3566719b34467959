import { execFile } from "node:child_process";

/** How a program ended. `undefined` code: it could not be started, or took too long. */
export interface ProgramEnd {
  readonly code: number | undefined;
  readonly output: string;
  readonly error: string;
}

// A program is killed beyond it; a preview of a whole fleet with all that stays the same is tens of megabytes.
const longestOutput = 256 * 1024 ** 2;

/** Runs a program and waits for it; never throws. What is `shown` of its output goes through as well. */
export async function runProgram(
  command: string,
  args: readonly string[],
  timeoutMs: number,
  shown: readonly ("stdout" | "stderr")[] = [],
): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { timeout: timeoutMs, maxBuffer: longestOutput }, (failure, output, error) => {
      const code = failure === null ? 0 : typeof failure.code === "number" ? failure.code : undefined;
      resolve({ code, output, error: error === "" && failure !== null ? failure.message : error });
    });
    for (const stream of shown) child[stream]?.pipe(process[stream]);
  });
}
