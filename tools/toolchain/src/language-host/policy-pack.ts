import { Server, ServerCredentials, credentials, makeGenericClientConstructor, status } from "@grpc/grpc-js";
import type { MethodDefinition, ServerWritableStream, handleUnaryCall, requestCallback } from "@grpc/grpc-js";
import analyzerGrpc from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";
import type { RunPluginRequest, RunPluginResponse } from "@pulumi/pulumi/proto/language_pb.js";
import type { PipedProcess } from "./children.ts";
import { messageLimits } from "./engine.ts";
import { failStream } from "./fail-stream.ts";

type Start = (variables: Record<string, string>) => PipedProcess;
type Print = (output: Buffer | string) => void;
type BytesMethod = MethodDefinition<Buffer, Buffer>;
type Forward = (method: BytesMethod, request: Buffer, reply: requestCallback<Buffer>) => void;

/**
 * Serves a policy pack. A pack reads stack, project and configuration from its environment while it loads, but the engine tells them later, with
 * ConfigureStack. So the host answers first in the pack's place, starts it at ConfigureStack (or at the first other call: `pulumi policy publish`
 * has no stack), and passes every call on as bytes.
 */
export function servePolicyPack(call: ServerWritableStream<RunPluginRequest, RunPluginResponse>, start: Start, print: Print): void {
  const methods = bytesMethods();
  let pack: Promise<Forward> | undefined;
  const handler =
    (name: string, method: BytesMethod): handleUnaryCall<Buffer, Buffer> =>
    (incoming, reply) => {
      if (name === "cancel" && pack === undefined) return reply(null, Buffer.alloc(0));
      pack ??= startPack(start, name === "configureStack" ? stackVariables(incoming.request) : {}, print);
      pack.then(
        (forward) => forward(method, incoming.request, (error, value) => reply(error, value)),
        (error: unknown) => reply({ code: status.INTERNAL, message: String(error) }),
      );
    };
  const server = new Server(messageLimits);
  // Without Handshake the engine falls back to what it has put into the environment.
  const served = Object.entries(methods).filter(([name]) => name !== "handshake");
  server.addService(methods, Object.fromEntries(served.map(([name, method]) => [name, handler(name, method)])));
  call.on("cancelled", () => server.forceShutdown());
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error === null) print(`${port}\n`);
    else failStream(call, error);
  });
}

function bytesMethods(): Record<string, BytesMethod> {
  const same = (bytes: Buffer): Buffer => bytes;
  const asBytes = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
  return Object.fromEntries(
    Object.entries(analyzerGrpc.AnalyzerService).map(([name, { path, requestStream, responseStream }]) => [
      name,
      { path, requestStream, responseStream, ...asBytes },
    ]),
  );
}

function startPack(start: Start, variables: Record<string, string>, print: Print): Promise<Forward> {
  return new Promise((resolve, reject) => {
    const child = start(variables);
    const Client = makeGenericClientConstructor({}, "Analyzer");
    let head = "";
    let isReady = false;
    child.stdout.setEncoding("utf8").on("data", (output: string) => {
      if (isReady) return print(output);
      head += output;
      const end = head.indexOf("\n");
      if (end < 0) return;
      const port = Number(head.slice(0, end));
      if (!Number.isInteger(port) || port <= 0)
        return reject(new Error(`The policy pack wrote "${head.slice(0, end)}" where its port was expected`));
      isReady = true;
      if (head.length > end + 1) print(head.slice(end + 1));
      const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), messageLimits);
      resolve((method, request, reply) => {
        client.makeUnaryRequest(method.path, method.requestSerialize, method.responseDeserialize, request, reply);
      });
    });
    child.once("exit", (code) => reject(new Error(`The policy pack ended with exit code ${code ?? "unknown"} before it was ready`)));
  });
}

function stackVariables(bytes: Buffer): Record<string, string> {
  const request = analyzer.AnalyzerStackConfigureRequest.deserializeBinary(new Uint8Array(bytes));
  return {
    PULUMI_NODEJS_ORGANIZATION: request.getOrganization(),
    PULUMI_NODEJS_PROJECT: request.getProject(),
    PULUMI_NODEJS_STACK: request.getStack(),
    PULUMI_NODEJS_DRY_RUN: String(request.getDryRun()),
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigSecretKeysList()),
  };
}
