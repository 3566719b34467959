import { spawn } from "node:child_process";
import type { ServerWritableStream } from "@grpc/grpc-js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import type { RunPluginRequest, RunPluginResponse } from "@pulumi/pulumi/proto/language_pb.js";
import { stop, track } from "./children.ts";
import type { PipedProcess } from "./children.ts";
import { failStream } from "./fail-stream.ts";
import { servePolicyPack } from "./policy-pack.ts";
import { optionVariables, programOptions, sdkModule } from "./program-options.ts";

type Call = ServerWritableStream<RunPluginRequest, RunPluginResponse>;

/** Answers `RunPlugin`, for policy packs and for providers written in TypeScript. The engine reads the plugin's port from what we stream. */
export function runPlugin(call: Call): void {
  const isPolicyPack = call.request.getKind() === "analyzer";
  const start = (extra: Record<string, string>): PipedProcess => startPlugin(call, isPolicyPack, extra);
  const print = (output: Buffer | string): void => {
    call.write(new language.RunPluginResponse().setStdout(Buffer.from(output)));
  };
  if (isPolicyPack) servePolicyPack(call, start, print);
  else start({}).stdout.on("data", print);
}

function startPlugin(call: Call, isPolicyPack: boolean, extra: Record<string, string>): PipedProcess {
  const request = call.request;
  const info = request.getInfo();
  const options = programOptions(info);
  const directory = info?.getProgramDirectory() ?? request.getPwd();
  const args = request.getArgsList();
  const command = isPolicyPack
    ? [sdkModule(directory, "@pulumi/pulumi/cmd/run-policy-pack"), ...args, directory]
    : [sdkModule(directory, "@pulumi/pulumi/cmd/run-plugin"), directory, ...args];
  // The engine gives the whole environment; ours is not to be mixed into it.
  const env = { ...Object.fromEntries(request.getEnvList().map(keyAndValue)), ...optionVariables(options), ...extra };
  const cwd = isPolicyPack ? directory : request.getPwd();
  const child = track(spawn(process.execPath, [...options.nodeArgs, ...command], { cwd, env, stdio: ["ignore", "pipe", "pipe"] }));
  child.stderr.on("data", (output: Buffer) => call.write(new language.RunPluginResponse().setStderr(output)));
  call.on("cancelled", () => stop(child));
  child.once("error", (error) => failStream(call, error));
  // "close" comes after both streams have ended: the exit code must be the last message.
  child.once("close", (code) => {
    call.write(new language.RunPluginResponse().setExitcode(code ?? 1));
    call.end();
  });
  return child;
}

function keyAndValue(entry: string): [string, string] {
  const at = entry.indexOf("=");
  return [entry.slice(0, at), entry.slice(at + 1)];
}
