import { spawn } from "node:child_process";
import type { handleUnaryCall } from "@grpc/grpc-js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import type { RunRequest, RunResponse } from "@pulumi/pulumi/proto/language_pb.js";
import { stop, track } from "./children.ts";
import type { Engine } from "./engine.ts";
import { optionVariables, programOptions, sdkModule } from "./program-options.ts";

/** The SDK's run module ends with this code when it has shown the error to the user already. */
const alreadyShown = 32;

/** Answers `Run`: the program writes straight to the host's own output, which the engine shows as the program's. */
export function runProgram(engine: Engine): handleUnaryCall<RunRequest, RunResponse> {
  return (call, reply) => {
    const request = call.request;
    const directory = request.getInfo()?.getProgramDirectory() ?? request.getPwd();
    const env = { ...process.env, ...programVariables(request) };
    const child = track(
      spawn(process.execPath, programArguments(request, directory, engine), { env, stdio: ["ignore", "inherit", "inherit"] }),
    );
    call.on("cancelled", () => stop(child));
    const answer = (error: string, isShown = false): void => reply(null, new language.RunResponse().setError(error).setBail(isShown));
    child.once("error", (error) => answer(`The program could not be started: ${error.message}`));
    child.once("close", (code, signal) => {
      if (code === alreadyShown) answer("", true);
      else answer(code === 0 ? "" : `The program ended with ${signal ?? `exit code ${code ?? "unknown"}`}`);
    });
  };
}

function programArguments(request: RunRequest, directory: string, engine: Engine): string[] {
  const info = request.getInfo();
  const flags = {
    monitor: request.getMonitorAddress(),
    engine: engine.address,
    organization: request.getOrganization(),
    project: request.getProject(),
    "root-directory": info?.getRootDirectory() ?? "",
    stack: request.getStack(),
    pwd: directory,
    parallel: String(request.getParallel()),
    tracing: engine.tracing,
  };
  const given = Object.entries(flags).filter(([, value]) => value !== "");
  return [
    ...programOptions(info).nodeArgs,
    sdkModule(directory, "@pulumi/pulumi/cmd/run"),
    ...given.flatMap(([flag, value]) => [`--${flag}`, value]),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    info?.getEntryPoint() ?? request.getProgram(),
    ...request.getArgsList(),
  ];
}

function programVariables(request: RunRequest): Record<string, string> {
  return {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    ...optionVariables(programOptions(request.getInfo())),
  };
}
