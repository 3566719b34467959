import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import type { AgentStatus } from "@coinfleet/sdk";
import { serve, type TestServer } from "./testing/serve.ts";

interface Daemon {
  height: number;
  peers: number;
  mode: "answers" | "hangs";
  mined: number;
}

const health = { tips: [], minimumTips: 0, settledDepth: 2, blockIntervalSec: 10, maxBlocksBehind: 2, maxTipAgeSec: 600, minimumPeers: 1 };

describe("the agent as a process", function () {
  this.timeout(60_000);
  let directory: string;
  let agent: ChildProcess;
  let daemon: Daemon;
  let rpc: TestServer;
  let cloudWatch: TestServer;
  let cloudWatchStatus: number;
  let port: number;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "coinfleet-agent-"));
    daemon = { height: 100, peers: 3, mode: "answers", mined: 0 };
    rpc = await serve((_, response, body) => {
      if (daemon.mode === "hangs") return;
      const { method, params } = JSON.parse(String(body)) as { method: string; params: number[] };
      if (method === "mine") daemon.mined = ++daemon.height;
      const now = Math.floor(Date.now() / 1000);
      const status = {
        height: daemon.height,
        tipHash: "aa",
        tipTimeSec: now - 1,
        knownHeight: daemon.height,
        peers: daemon.peers,
        isInitialSync: false,
      };
      response.end(JSON.stringify({ result: method === "status" ? status : `hash-${String(params[0])}`, error: null }));
    });
    cloudWatchStatus = 200;
    cloudWatch = await serve((_, response) =>
      response.writeHead(cloudWatchStatus, { "content-type": "application/x-amz-json-1.0" }).end("{}"),
    );
    port = 20_000 + (process.pid % 20_000);
  });

  afterEach(async () => {
    agent.kill("SIGTERM");
    if (agent.exitCode === null) await once(agent, "exit");
    rpc.close();
    cloudWatch.close();
    rmSync(directory, { recursive: true, force: true });
  });

  function start(change: object = {}, environment: NodeJS.ProcessEnv = {}): void {
    const config = {
      version: 1,
      environment: "test",
      group: "fake",
      node: "fake-1",
      index: 1,
      coin: "fake",
      networkName: "regtest",
      region: "eu-central-1",
      selfHealing: { restartsPerDay: 3 },
    };
    const access = [{ port: "rpc", url: rpc.url }];
    writeFileSync(join(directory, "config.json"), JSON.stringify({ ...config, options: {}, access, siblings: [], health, ...change }));
    const main = new URL("main.ts", import.meta.url).pathname;
    const paths = [
      "--config",
      join(directory, "config.json"),
      "--requests",
      directory,
      "--volume",
      join(directory, "none"),
      "--starts",
      join(directory, "starts"),
    ];
    const coin = new URL("testing/fake-coin.ts", import.meta.url).href;
    agent = spawn(process.execPath, [main, "run", ...paths, "--coin", coin, "--port", String(port), "--probe-every-ms", "200"], {
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        PATH: process.env["PATH"] ?? "",
        AWS_ENDPOINT_URL: cloudWatch.url,
        AWS_ACCESS_KEY_ID: "x",
        AWS_SECRET_ACCESS_KEY: "y",
        ...environment,
      },
    });
  }

  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);

  async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let attempt = 0; attempt < 150; attempt++) {
      if (
        await Promise.resolve()
          .then(holds)
          .catch(() => false)
      )
        return;
      await pause(100);
    }
    assert.fail(`not within 15 s: ${what}`);
  }

  const isState = (state: string) => async (): Promise<boolean> => ((await (await get("/status")).json()) as AgentStatus).state === state;

  /** The values of one metric that CloudWatch was sent, in order. */
  function sent(metric: string): readonly number[] {
    return bodies().flatMap(({ MetricData }) =>
      MetricData.filter((one) => one.MetricName === metric && one.StorageResolution === 1).map((one) => one.Value),
    );
  }

  interface Body {
    readonly MetricData: readonly {
      readonly MetricName: string;
      readonly Value: number;
      readonly StorageResolution: number;
      readonly Timestamp: number;
    }[];
  }

  const bodies = (): readonly Body[] =>
    cloudWatch.requests.map(
      ({ body, headers }) => JSON.parse(String(headers["content-encoding"] === "gzip" ? gunzipSync(body) : body)) as Body,
    );

  /** Times of all samples that CloudWatch was sent, Unix seconds. */
  function timestamps(): readonly number[] {
    return bodies().flatMap(({ MetricData }) => MetricData.map(({ Timestamp }) => Timestamp));
  }

  it("publishes what the node says, is healthy, and asks for RPC to be opened", async () => {
    start();
    await eventually("healthy", async () => (await get("/healthz")).status === 200);
    const status = (await (await get("/status")).json()) as AgentStatus;
    assert.deepEqual([status.state, status.probe?.height, status.settled[0]], ["synced", 100, { height: 90, hash: "hash-90" }]);
    assert.match(await (await get("/metrics")).text(), /coinfleet_height\{environment="test",node="fake-1"\} 100/);
    await eventually("sent", () => sent("Height").includes(100) && sent("Synced").includes(1));
    assert.equal(readFileSync(join(directory, "gate"), "utf8"), "open");
    assert.deepEqual(sent("DaysToFork"), []);
  });

  it("counts the days until the network leaves its release behind, and counts none otherwise", async () => {
    start({ health: { ...health, leftBehindAtSec: Date.now() / 1000 + 10 * 86_400 } });
    await eventually("sent", () => sent("DaysToFork").some((days) => days > 9.9 && days < 10.1));
  });

  it("is not healthy while its host is about to stop the node, and still serves", async () => {
    start();
    await eventually("healthy", async () => (await get("/healthz")).status === 200);
    writeFileSync(join(directory, "leaving"), "");
    const leaving = await get("/healthz");
    assert.deepEqual([leaving.status, await leaving.text()], [503, "leaving: the node is about to stop\n"]);
    assert.equal(readFileSync(join(directory, "gate"), "utf8"), "open");
    await eventually("still synced", isState("synced"));
  });

  it("publishes ProbeSuccess 0 and no height when the daemon is gone, and is not healthy", async () => {
    start();
    await eventually("synced", isState("synced"));
    rpc.close();
    await eventually("seen", isState("probe-failed"));
    const before = sent("Height").length;
    const failedBefore = sent("ProbeSuccess").filter((value) => value === 0).length;
    await eventually("sent", () => sent("ProbeSuccess").filter((value) => value === 0).length > failedBefore + 2);
    assert.equal(sent("Height").length, before);
    assert.equal((await get("/healthz")).status, 503);
    const text = await (await get("/metrics")).text();
    assert.match(text, /coinfleet_probe_success\{.*\} 0/);
    assert.doesNotMatch(text, /^coinfleet_height\{/m);
  });

  it("closes RPC when the node has no peers", async () => {
    start();
    await eventually("synced", isState("synced"));
    daemon.peers = 0;
    await eventually("seen", isState("no-peers"));
    await eventually("closed", () => readFileSync(join(directory, "gate"), "utf8") === "closed");
  });

  it("survives a daemon that hangs", async () => {
    daemon.mode = "hangs";
    start();
    await eventually("seen", isState("probe-failed"));
    daemon.mode = "answers";
    await eventually("back", isState("synced"));
  });

  it("keeps samples while CloudWatch is away, and sends them when it is back", async () => {
    cloudWatchStatus = 503;
    start();
    await eventually("tried", () => cloudWatch.requests.length > 3);
    cloudWatchStatus = 200;
    const refused = cloudWatch.requests.length;
    await eventually("sent", () => cloudWatch.requests.length > refused + 1);
    const first = cloudWatch.requests[refused];
    assert.ok(first !== undefined && first.body.length > 0);
    await eventually("all of them", () => new Set(sent("Height")).size > 0 && sent("Height").length > refused);
  });

  it("publishes how far a restore is, for as long as there is one", async () => {
    writeFileSync(join(directory, "restore.json"), '{"message":"restoring","part":1,"parts":1,"percent":41.5}');
    start();
    await eventually("sent", () => sent("RestorePercent").includes(41.5));
    rmSync(join(directory, "restore.json"));
    const probes = sent("ProbeSuccess").length;
    const before = (): number => sent("RestorePercent").length;
    await eventually("probed", () => sent("ProbeSuccess").length > probes + 2);
    const then = before();
    await eventually("probed again", () => sent("ProbeSuccess").length > probes + 5);
    assert.equal(before(), then);
  });

  it("survives that there is no metadata service, no credentials and no network, and says so once", async () => {
    start(
      {},
      {
        AWS_ENDPOINT_URL: "http://127.0.0.1:9",
        AWS_ACCESS_KEY_ID: "",
        AWS_SECRET_ACCESS_KEY: "",
        AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:9",
      },
    );
    const lines: string[] = [];
    agent.stdout?.on("data", (chunk: Buffer) => lines.push(...chunk.toString().split("\n")));
    await eventually("synced", isState("synced"));
    await pause(3000);
    assert.equal((await get("/healthz")).status, 200);
    assert.equal(lines.filter((line) => line.includes("metrics were not taken")).length, 1);
  });

  it("survives a clock that jumps by a day: metrics keep the right time, and the node stays healthy", async () => {
    const jump = 'const real = Date.now; let by = 0; Date.now = () => real() + by; process.on("SIGUSR2", () => (by = 86400000));';
    const dateThat =
      "const Real = Date; globalThis.Date = class extends Real { constructor(...a) { super(...(a.length ? a : [Real.now()])); } };";
    start({}, { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(jump + dateThat)}` });
    await eventually("synced", isState("synced"));
    await eventually("an answer that tells the time", () => sent("ClockOffsetSeconds").length > 0);
    agent.kill("SIGUSR2");
    await eventually("seen", () => sent("ClockOffsetSeconds").some((value) => value > 86_390));
    const probes = sent("ProbeSuccess").length;
    await eventually("published on", () => sent("ProbeSuccess").length > probes + 5);
    assert.equal((await get("/healthz")).status, 200);
    const furthest = Math.max(...timestamps().map((at) => Math.abs(at - Date.now() / 1000)));
    assert.ok(furthest < 60, `a metric is ${furthest} s off`);
  });

  it("makes blocks on a private network when it is told to", async () => {
    start({ blockEverySec: 0.2 });
    await eventually("mined", () => daemon.mined > 102);
  });

  it("ends within a second on SIGTERM, and leaves the gate as it is", async () => {
    start();
    await eventually("synced", isState("synced"));
    const asked = Date.now();
    agent.kill("SIGTERM");
    const [code] = (await once(agent, "exit")) as [number];
    assert.equal(code, 0);
    assert.ok(Date.now() - asked < 4000);
  });
});
