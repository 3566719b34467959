import type { AgentAccess, NodeClient } from "@coinfleet/sdk";
import { ProbeError, type ProbeFailure } from "@coinfleet/sdk";
import { z } from "zod";
import { boundedRequest, RequestError, type BoundedResponse } from "./bounded-request.ts";
import { digestAuthorization } from "./digest-auth.ts";

/** Limits of every call of a {@link HttpNodeClient}. */
export interface CallLimits {
  readonly timeoutMs: number;
  readonly maximumBytes: number;
}

const rpcAnswer = z.object({
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string() }).nullish(),
});

/** RPC over HTTP: the node's, which the host exposes on the loopback interface, and that of the node that serves it. */
export class HttpNodeClient implements NodeClient {
  readonly #access: ReadonlyMap<string, AgentAccess>;
  readonly #limits: CallLimits;

  constructor(access: readonly AgentAccess[], limits: CallLimits) {
    this.#access = new Map(access.map((one) => [one.port, one]));
    this.#limits = limits;
  }

  async jsonRpc(port: string, method: string, params: readonly unknown[] | Readonly<Record<string, unknown>> = []): Promise<unknown> {
    const response = await this.#call(port, "/", JSON.stringify({ jsonrpc: "1.0", id: "coinfleet", method, params }));
    const body = rpcAnswer.safeParse(parseJson(response, method));
    // An error comes with status 500 or 404 from some daemons, with 200 from others.
    if (body.success && body.data.error != null) {
      const { code, message } = body.data.error;
      throw new ProbeError("rpc-error", `${method}: ${message}`.slice(0, 300), code);
    }
    if (response.status !== 200) throw new ProbeError("rpc-error", `${method}: HTTP ${response.status}`);
    if (!body.success || body.data.result === undefined) throw new ProbeError("malformed", `${method}: the answer has no result`);
    return body.data.result;
  }

  async http(port: string, path: string, body?: unknown): Promise<unknown> {
    return parseJson(await this.#callOk(port, path, body === undefined ? undefined : JSON.stringify(body)), path);
  }

  async text(port: string, path: string): Promise<string> {
    return (await this.#callOk(port, path, undefined)).text;
  }

  async bytes(port: string, path: string): Promise<Uint8Array> {
    return (await this.#callOk(port, path, undefined)).bytes;
  }

  async #callOk(port: string, path: string, body: string | undefined): Promise<BoundedResponse> {
    const response = await this.#call(port, path, body);
    if (response.status < 200 || response.status > 299) throw new ProbeError("rpc-error", `${path}: HTTP ${response.status}`);
    return response;
  }

  async #call(port: string, path: string, body: string | undefined): Promise<BoundedResponse> {
    const access = this.#access.get(port);
    if (access === undefined) throw new Error(`the coin asks on the port "${port}", which it does not declare under access`);
    const first = await this.#send(access, path, body, firstHeaders(access));
    const response = await this.#answerChallenge(access, path, body, first);
    if (response.status === 401 || response.status === 403)
      throw new ProbeError("unauthorized", `HTTP ${response.status}: the password is wrong`);
    return response;
  }

  async #answerChallenge(
    { auth, ...access }: AgentAccess,
    path: string,
    body: string | undefined,
    first: BoundedResponse,
  ): Promise<BoundedResponse> {
    const challenge = first.headers["www-authenticate"];
    if (first.status !== 401 || auth?.scheme !== "digest" || challenge === undefined) return first;
    const authorization = digestAuthorization(challenge, { ...auth, method: body === undefined ? "GET" : "POST", uri: path });
    return authorization === undefined ? first : this.#send(access, path, body, { authorization });
  }

  async #send(
    { url }: Pick<AgentAccess, "url">,
    path: string,
    body: string | undefined,
    headers: Readonly<Record<string, string>>,
  ): Promise<BoundedResponse> {
    try {
      return await boundedRequest({
        url: `${url}${path}`,
        body,
        headers,
        ...this.#limits,
        // A daemon's own certificate on the loopback interface; a server elsewhere must prove who it is.
        acceptSelfSigned: new URL(url).hostname === "127.0.0.1",
      });
    } catch (error) {
      if (error instanceof RequestError) throw new ProbeError(probeFailure(error), error.message);
      throw error;
    }
  }
}

function probeFailure({ failure }: RequestError): ProbeFailure {
  return failure === "failed" ? "refused" : failure;
}

/** What is sent at once; a digest needs the server's challenge first. */
function firstHeaders({ auth }: AgentAccess): Readonly<Record<string, string>> {
  if (auth?.scheme === "header") return { [auth.user]: auth.password };
  if (auth?.scheme !== "basic") return {};
  return { authorization: `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString("base64")}` };
}

function parseJson({ status, text }: BoundedResponse, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProbeError(status === 200 ? "malformed" : "rpc-error", `${what}: HTTP ${status}, not JSON`);
  }
}
