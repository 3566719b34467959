import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { CloudWatchPublisher } from "./cloudwatch-publisher.ts";
import { createLog } from "./log.ts";
import { serve, type TestServer } from "./testing/serve.ts";

interface Datum {
  readonly MetricName: string;
  readonly Value: number;
  readonly Timestamp: number;
}

describe("the publisher of metrics", function () {
  this.timeout(30_000);
  const environment = { ...process.env };
  let server: TestServer;
  let refusal: { readonly status: number; readonly code: string } | undefined;
  let lines: Record<string, unknown>[];
  let publisher: CloudWatchPublisher;
  let answers: unknown[];

  beforeEach(async () => {
    refusal = undefined;
    lines = [];
    server = await serve((_, response) => {
      const type = { "content-type": "application/json" };
      if (refusal === undefined) response.writeHead(200, type).end("{}");
      else response.writeHead(refusal.status, type).end(JSON.stringify({ __type: refusal.code, message: refusal.code }));
    });
    Object.assign(process.env, { AWS_ENDPOINT_URL: server.url, AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "y" });
    const clock = { note: (answer: unknown) => void answers.push(answer) };
    answers = [];
    const log = createLog((line) => lines.push(JSON.parse(line) as Record<string, unknown>));
    publisher = new CloudWatchPublisher({ environment: "test", node: "oak-1", region: "eu-central-1", log, clock });
  });

  afterEach(() => {
    server.close();
    process.env = { ...environment };
  });

  const bodies = (): readonly (readonly Datum[])[] =>
    server.requests.map(({ body, headers }) => {
      const plain = headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
      return (JSON.parse(String(plain)) as { MetricData: Datum[] }).MetricData;
    });

  const at = (probe: number): Date => new Date(1_800_000_000_000 + probe * 10_000);
  const publish = async (from: number, to: number): Promise<void> => {
    for (let probe = from; probe < to; probe++) await publisher.publish({ ProbeSuccess: 1, Height: probe }, at(probe));
  };

  it("sends one request for each probe, at high resolution, with the time of the probe", async () => {
    await publish(0, 3);
    assert.deepEqual(
      bodies().map((data) => data.map(({ MetricName, Value }) => [MetricName, Value])),
      [0, 1, 2].map((height) => [
        ["ProbeSuccess", 1],
        ["Height", height],
      ]),
    );
  });

  for (const [name, status, code] of [
    ["CloudWatch throttles", 400, "Throttling"],
    ["its credentials have expired", 403, "ExpiredToken"],
    ["CloudWatch has a fault", 500, "InternalServiceFault"],
  ] as const) {
    it(`asks once for each probe while ${name}, says so once, and sends everything in batches when it is over`, async () => {
      refusal = { status, code };
      await publish(0, 50);
      assert.equal(server.requests.length, 50);
      assert.equal(answers.length, 50, "a refusal tells the time too");
      assert.deepEqual(
        lines.map(({ message }) => message),
        ["metrics were not taken"],
      );
      refusal = undefined;
      const before = server.requests.length;
      await publish(50, 53);
      const sent = bodies().slice(before).flat();
      assert.ok(server.requests.length - before <= 3);
      assert.deepEqual(
        sent
          .filter(({ MetricName }) => MetricName === "Height")
          .map(({ Value }) => Value)
          .toSorted((a, b) => a - b),
        Array.from({ length: 53 }, (_, probe) => probe),
      );
      assert.equal(publisher.droppedSamples, 0);
    });
  }

  it("keeps ten minutes, drops what is older, and says what it dropped", async () => {
    refusal = { status: 400, code: "Throttling" };
    await publish(0, 75);
    assert.equal(publisher.droppedSamples, 30, "two samples of each of fifteen probes");
    assert.deepEqual(lines.find(({ message }) => /dropped samples/.test(String(message)))?.["oldest"], at(0).toISOString());
    refusal = undefined;
    const before = server.requests.length;
    await publish(75, 80);
    const heights = bodies()
      .slice(before)
      .flat()
      .filter(({ MetricName }) => MetricName === "Height");
    assert.equal(Math.min(...heights.map(({ Value }) => Value)), 16);
  });

  it("never sends more than CloudWatch takes in one request", async () => {
    refusal = { status: 500, code: "InternalServiceFault" };
    await publish(0, 60);
    assert.ok(Math.max(...bodies().map((data) => data.length)) <= 1000);
  });
});
