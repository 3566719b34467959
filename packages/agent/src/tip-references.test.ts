import assert from "node:assert/strict";
import { serve, type TestServer } from "./testing/serve.ts";
import { readHeight, TipReferences } from "./tip-references.ts";

describe("tip references", () => {
  let server: TestServer;
  let answer = { status: 200, text: "700" };

  beforeEach(async () => {
    answer = { status: 200, text: "700" };
    server = await serve((_, response) => response.writeHead(answer.status).end(answer.text));
  });

  afterEach(() => {
    server.close();
  });

  const references = (): TipReferences => new TipReferences([{ name: "explorer", url: server.url, height: "" }], 10);

  it("are asked at most once in their interval, however often the agent probes", async () => {
    const tips = references();
    for (let second = 0; second <= 60; second += 10)
      assert.deepEqual(await tips.poll(second * 1000), [{ source: "explorer", height: 700 }]);
    assert.equal(server.requests.length, 3);
  });

  it("are asked less and less often while they fail, and say why", async () => {
    const tips = references();
    answer = { status: 429, text: "" };
    for (let second = 0; second < 3600; second += 10) await tips.poll(second * 1000);
    assert.ok(server.requests.length <= 10, `${server.requests.length} requests in an hour`);
    assert.deepEqual(await tips.poll(3_600_000), [{ source: "explorer", problem: "HTTP 429" }]);
  });

  it("keep an answer while two further ones are lost, not longer", async () => {
    const tips = references();
    await tips.poll(0);
    answer = { status: 500, text: "" };
    assert.deepEqual(await tips.poll(90_000), [{ source: "explorer", height: 700 }]);
    assert.deepEqual(await tips.poll(90_001), [{ source: "explorer", problem: "HTTP 500" }]);
  });

  it("are read as a number, or at a path, decimal or hexadecimal", () => {
    assert.equal(readHeight("12\n", ""), 12);
    assert.equal(readHeight('{"data":[{"best":"0x10"}]}', "data.0.best"), 16);
    assert.equal(readHeight('{"result":"77"}', "result"), 77);
    for (const text of ['{"a":-1}', '{"a":1.5}', '{"a":"1e3"}', '{"a":null}', "{}", "[]", '{"a":{"b":1}}']) {
      assert.throws(() => readHeight(text, "a"), /no height at "a"/, text);
    }
    assert.throws(() => readHeight("<html>", ""), /not a height/);
  });
});
