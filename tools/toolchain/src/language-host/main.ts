/**
 * Pulumi's language host for Node: an executable `pulumi-language-nodejs` beside the CLI. The engine starts it with its own address, reads the
 * port from the first line that it prints, and calls it over gRPC. It runs programs and policy packs by the modules that @pulumi/pulumi ships.
 */
import { writeSync } from "node:fs";
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import type { ServerUnaryCall, handleUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import type { LanguageHandshakeRequest, LanguageHandshakeResponse } from "@pulumi/pulumi/proto/language_pb.js";
import languageGrpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import { killAll, stopAll } from "./children.ts";
import { about, installDependencies, programDependencies, requiredPackages } from "./describe-program.ts";
import { messageLimits, parseCommandLine } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { failStream } from "./fail-stream.ts";
import { runPlugin } from "./run-plugin.ts";
import { runProgram } from "./run-program.ts";
import { pulumiVersion } from "../versions.ts";

const oldestNode = 22;

function unary<Request, Response>(answer: (request: Request) => Response): handleUnaryCall<Request, Response> {
  return (call, reply) => reply(null, answer(call.request));
}

/** A handler that throws answers with an error instead of ending the host. */
function guarded<Request, Response>(handle: handleUnaryCall<Request, Response>): handleUnaryCall<Request, Response> {
  return (call: ServerUnaryCall<Request, Response>, reply: sendUnaryData<Response>) => {
    try {
      handle(call, reply);
    } catch (error) {
      reply({ code: status.INTERNAL, message: error instanceof Error ? error.message : String(error) });
    }
  };
}

function guardedStream<Call extends { emit(event: "error", error: Error): boolean }>(handle: (call: Call) => void): (call: Call) => void {
  return (call) => {
    try {
      handle(call);
    } catch (error) {
      failStream(call, error instanceof Error ? error : new Error(String(error)));
    }
  };
}

/** Only a host that the engine attached to (PULUMI_DEBUG_LANGUAGES) is told the address this way. */
function handshake(engine: Engine): handleUnaryCall<LanguageHandshakeRequest, LanguageHandshakeResponse> {
  return unary((request) => {
    engine.address = request.getEngineAddress();
    return new language.LanguageHandshakeResponse();
  });
}

/** Handlers left out answer UNIMPLEMENTED, which the engine takes for "cannot do that". */
function serve(engine: Engine): void {
  const server = new Server(messageLimits);
  server.addService(languageGrpc.LanguageRuntimeService, {
    handshake: handshake(engine),
    getPluginInfo: unary(() => new plugin.PluginInfo().setVersion(pulumiVersion)),
    getRequiredPackages: guarded(unary(requiredPackages)),
    getProgramDependencies: guarded(unary(programDependencies)),
    about: guarded(unary(about)),
    run: guarded(runProgram(engine)),
    runPlugin: guardedStream(runPlugin),
    installDependencies: guardedStream(installDependencies),
    cancel: unary(() => {
      stopAll();
      return new emptyPb.Empty();
    }),
  });
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) fail(error.message);
    writeSync(1, `${port}\n`);
  });
}

function fail(message: string): never {
  process.stderr.write(`pulumi-language-nodejs: ${message}\n`);
  process.exit(1);
}

function quit(): void {
  killAll();
  process.exit(0);
}

if (Number(process.versions.node.split(".")[0]) < oldestNode) {
  fail(`Node ${process.versions.node} is too old, ${oldestNode} or newer is needed. Run it after: eval "$(npx coinfleet env)"`);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, quit);
// The engine holds our standard input open: its end means that the engine is gone.
process.stdin.on("end", quit).on("error", quit).resume();
serve(parseCommandLine(process.argv.slice(2)));
