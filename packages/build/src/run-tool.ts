import { spawn } from "node:child_process";
import { BuildError, describeCause } from "./build-error.ts";

/** How to run an external tool. */
export interface ToolOptions {
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Killed after that, milliseconds. */
  readonly timeoutMs: number;
  /** Told each line of either output. */
  readonly onLine?: (line: string) => void;
  /** What a person shall read of a line, for the error; undefined: nothing. @default - the line */
  readonly readable?: (line: string) => string | undefined;
  /** What to do when it fails, for the error. */
  readonly fix: string;
}

const tailLines = 30;

/** Runs a tool to its end and gives its standard output. @throws {@link BuildError} `ToolFailed` with the end of what it said */
export async function runTool(command: string, args: readonly string[], options: ToolOptions): Promise<string> {
  const said: string[] = [];
  let output = "";
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.environment,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: options.timeoutMs,
    killSignal: "SIGTERM",
  });
  const keep = (line: string): void => {
    const text = options.readable === undefined ? line : options.readable(line);
    if (text !== undefined) said.push(...text.split("\n"));
    said.splice(0, said.length - tailLines);
  };
  const listen = (stream: NodeJS.ReadableStream, onText: (text: string) => void): void => {
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      onText(text);
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        keep(line);
        options.onLine?.(line);
      }
    });
    stream.on("end", () => {
      if (rest !== "") keep(rest);
    });
  };
  listen(child.stdout, (text) => {
    output += text;
  });
  listen(child.stderr, () => undefined);
  // A tool that has started something (an instance) gets the chance to remove it.
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.once("SIGINT", passOn).once("SIGTERM", passOn);
  const ended = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal }));
  }).catch((cause: unknown) => {
    process.off("SIGINT", passOn).off("SIGTERM", passOn);
    throw new BuildError(
      "ToolMissing",
      { title: `Cannot run ${command}.`, where: command, got: describeCause(cause), fix: options.fix },
      { cause },
    );
  });
  process.off("SIGINT", passOn).off("SIGTERM", passOn);
  if (ended.code === 0) return output;
  throw new BuildError("ToolFailed", {
    title: `${command} ${args[0] ?? ""} failed.`,
    where: `${command} ${args.join(" ")}`,
    got: `${ended.signal === null ? `exit ${ended.code ?? "?"}` : `stopped by ${ended.signal} (limit ${options.timeoutMs / 1000} s)`}\n           ${said.join("\n           ")}`,
    fix: options.fix,
  });
}
