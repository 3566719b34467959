import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { AgentAccess, ProbeFailure } from "@coinfleet/sdk";
import { ProbeError } from "@coinfleet/sdk";
import { HttpNodeClient } from "./http-node-client.ts";
import { serveSelfSigned } from "./testing/serve-self-signed.ts";
import { serve, type TestServer } from "./testing/serve.ts";

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

describe("the client of a node's RPC", () => {
  let server: TestServer;

  afterEach(() => {
    server.close();
  });

  const client = (auth?: AgentAccess["auth"]): HttpNodeClient =>
    new HttpNodeClient([{ port: "rpc", url: server.url, auth }], { timeoutMs: 300, maximumBytes: 1000 });

  async function answers(answer: (response: ServerResponse) => void): Promise<void> {
    server = await serve((_, response) => {
      answer(response);
    });
  }

  async function fails(failure: ProbeFailure, code?: number): Promise<void> {
    await assert.rejects(client().jsonRpc("rpc", "getblockcount"), (error: unknown) => {
      assert.ok(error instanceof ProbeError);
      assert.deepEqual([error.failure, error.code], [failure, code], error.message);
      return true;
    });
  }

  it("calls JSON-RPC with basic authentication and gives the result", async () => {
    await answers((response) => response.end('{"result":7,"error":null}'));
    assert.equal(await client({ user: "u", password: "p", scheme: "basic" }).jsonRpc("rpc", "getblockhash", [1]), 7);
    const [request] = server.requests;
    assert.equal(request?.headers.authorization, `Basic ${Buffer.from("u:p").toString("base64")}`);
    assert.deepEqual(JSON.parse(String(request.body)), { jsonrpc: "1.0", id: "coinfleet", method: "getblockhash", params: [1] });
  });

  it("gives a text as it is, and fails when it is that of an error", async () => {
    await answers((response) => response.end("peers 7\n"));
    assert.equal(await client().text("rpc", "/metrics"), "peers 7\n");
    server.close();
    await answers((response) => response.writeHead(503).end("peers 7\n"));
    await assert.rejects(client().text("rpc", "/metrics"), { name: "ProbeError", failure: "rpc-error" });
  });

  it("gives bytes as they are, even such as are no text", async () => {
    await answers((response) => response.end(Buffer.from("ff00c3", "hex")));
    assert.deepEqual([...(await client().bytes("rpc", "/currentBlock"))], [0xff, 0x00, 0xc3]);
    server.close();
    await answers((response) => response.writeHead(500).end(Buffer.from("07", "hex")));
    await assert.rejects(client().bytes("rpc", "/currentBlock"), { name: "ProbeError", failure: "rpc-error" });
  });

  it("takes a certificate that nobody has signed from the loopback interface only", async () => {
    const certified = await serveSelfSigned((response) => response.end("7"));
    const asked = (host: string): Promise<unknown> =>
      new HttpNodeClient([{ port: "rpc", url: `https://${host}:${certified.port}` }], { timeoutMs: 3000, maximumBytes: 1000 }).http(
        "rpc",
        "/",
      );
    try {
      assert.equal(await asked("127.0.0.1"), 7);
      await assert.rejects(asked("localhost"), /self-signed certificate/);
    } finally {
      certified.close();
    }
  });

  it("answers a digest challenge as the server computes it", async () => {
    server = await serve((request, response) => {
      const given = new Map(
        [...(request.headers.authorization ?? "").matchAll(/(\w+)="?([^",]+)"?/g)].map(([, key, value]) => [key, value]),
      );
      const expected = md5([md5("u:monero-rpc:p"), "abc", "00000001", given.get("cnonce"), "auth", md5("POST:/json_rpc")].join(":"));
      if (given.get("response") === expected) return response.end('{"height":7}');
      return response
        .writeHead(401, {
          "www-authenticate":
            'Digest qop="auth",algorithm=MD5,realm="monero-rpc",nonce="abc",stale=false, Digest qop="auth",algorithm=MD5-sess,realm="monero-rpc",nonce="abc",stale=false',
        })
        .end();
    });
    assert.deepEqual(await client({ user: "u", password: "p", scheme: "digest" }).http("rpc", "/json_rpc", {}), { height: 7 });
    await assert.rejects(
      client({ user: "u", password: "wrong", scheme: "digest" }).http("rpc", "/json_rpc", {}),
      /unauthorized|password is wrong/,
    );
  });

  it("sends the password in a header of the daemon's own", async () => {
    await answers((response) => response.end("7"));
    assert.equal(await client({ user: "X-Oak-Token", password: "p", scheme: "header" }).http("rpc", "/v1/height"), 7);
    assert.deepEqual([server.requests[0]?.headers["x-oak-token"], server.requests[0]?.headers.authorization], ["p", undefined]);
  });

  it("passes on an RPC error with its code, whatever the HTTP status", async () => {
    await answers((response) => response.writeHead(500).end('{"result":null,"error":{"code":-28,"message":"Loading"}}'));
    await fails("rpc-error", -28);
  });

  const broken: readonly (readonly [string, ProbeFailure, (response: ServerResponse) => void])[] = [
    ["a wrong password", "unauthorized", (response) => response.writeHead(401).end()],
    ["text that is no JSON", "malformed", (response) => response.end("hello")],
    ["JSON without a result", "malformed", (response) => response.end("{}")],
    ["a list", "malformed", (response) => response.end("[]")],
    ["more than it may", "too-large", (response) => response.end(`{"result":"${"x".repeat(2000)}"}`)],
    ["nothing", "timeout", () => undefined],
    ["a beginning without an end", "timeout", (response) => response.write('{"result":')],
    ["an error without JSON", "rpc-error", (response) => response.writeHead(503).end("busy")],
  ];
  for (const [what, failure, answer] of broken) {
    it(`fails with "${failure}" when the daemon says ${what}`, async () => {
      await answers(answer);
      await fails(failure);
    });
  }

  it('fails with "refused" when nobody listens', async () => {
    await answers(() => undefined);
    server.close();
    await fails("refused");
  });
});
