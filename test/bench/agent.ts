/**
 * `npm run bench:agent`: memory and processor time of the agent as its image runs it: a probe every 10 s, a sibling, two tip references and
 * CloudWatch, all on loopback. `BENCH_SECONDS` says for how long after the first minute. The last line is JSON.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { prepareAgentFiles } from "@coinfleet/build";
import { agentNodeOptions } from "@coinfleet/host";

const seconds = Number(process.env["BENCH_SECONDS"] ?? 120);
const warmUpSec = 30;
const goal = { residentMiB: 80, cpuPercent: 1 };
const agentPort = 21_797;
const scratch = mkdtempSync(join(tmpdir(), "coinfleet-bench-"));

async function serve(answer: (path: string, body: string) => string): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString("latin1")));
    request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(answer(request.url ?? "/", body)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}` };
}

const startedMs = Date.now();
const height = (): number => 1000 + Math.floor((Date.now() - startedMs) / 10_000);
const hash = (of: number): string => of.toString(16).padStart(64, "0");

/** What a Litecoin node on a private network answers. */
function answerRpc(body: string): string {
  const { method, params, id } = JSON.parse(body) as { method: string; params: unknown[]; id: unknown };
  const time = Math.floor(Date.now() / 1000);
  const results: Readonly<Record<string, unknown>> = {
    getblockchaininfo: {
      chain: "regtest",
      blocks: height(),
      headers: height(),
      bestblockhash: hash(height()),
      initialblockdownload: false,
      time,
      mediantime: time,
    },
    getblockhash: params[0] === 0 ? "530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9" : hash(Number(params[0])),
    getblockheader: { hash: params[0], height: height(), time, confirmations: 1 },
    getnetworkinfo: { connections: 8 },
    getconnectioncount: 8,
  };
  return JSON.stringify({ id, result: results[method] ?? null, error: null });
}

function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

const residentMiB = (pid: number): number => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;

const rpc = await serve((_, body) => answerRpc(body));
const tips = [await serve(() => String(height())), await serve(() => String(height()))];
const cloudWatch = await serve(() => "{}");
try {
  mkdirSync(join(scratch, "agent"));
  await prepareAgentFiles(join(import.meta.dirname, "../.."), "litecoin", "x86_64", join(scratch, "agent"));
  writeFileSync(join(scratch, "agent/package.json"), '{"type":"module"}');
  const config = {
    version: 1,
    environment: "bench",
    group: "litecoin",
    node: "litecoin-1",
    index: 1,
    coin: "litecoin",
    networkName: "regtest",
    region: "eu-central-1",
    selfHealing: { restartsPerDay: 3 },
    options: {},
    access: [{ port: "rpc", url: rpc.url, auth: { user: "coinfleet", password: "x", scheme: "basic" } }],
    siblings: ["127.0.0.1"],
    health: {
      tips: tips.map(({ url }, index) => ({ name: `tip-${index}`, url, height: "" })),
      minimumTips: 2,
      settledDepth: 6,
      blockIntervalSec: 10,
      maxBlocksBehind: 3,
      maxTipAgeSec: 600,
      minimumPeers: 1,
    },
  };
  writeFileSync(join(scratch, "config.json"), JSON.stringify(config));
  const paths = ["--config", join(scratch, "config.json"), "--requests", scratch, "--volume", scratch, "--starts", join(scratch, "starts")];
  const agent = spawn(
    join(scratch, "agent/node"),
    [...agentNodeOptions, join(scratch, "agent/agent.js"), "run", ...paths, "--port", String(agentPort)],
    {
      stdio: ["ignore", "ignore", "inherit"],
      env: { PATH: process.env["PATH"] ?? "", AWS_ENDPOINT_URL: cloudWatch.url, AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "y" },
    },
  );
  const pid = agent.pid ?? 0;
  await pause(warmUpSec * 1000);
  const { state } = (await (await fetch(`http://127.0.0.1:${agentPort}/status`)).json()) as { state: string };
  const before = cpuTicks(pid);
  let peakMiB = 0;
  for (let second = 0; second < seconds; second++) {
    await pause(1000);
    peakMiB = Math.max(peakMiB, residentMiB(pid));
  }
  const cpuPercent = ((cpuTicks(pid) - before) / 100 / seconds) * 100;
  agent.kill();
  const met = state === "synced" && peakMiB <= goal.residentMiB && cpuPercent <= goal.cpuPercent;
  const figures = { residentMiB: Number(peakMiB.toFixed(1)), cpuPercent: Number(cpuPercent.toFixed(2)), seconds, state };
  process.stdout.write(`${JSON.stringify({ bench: "agent", ...figures, goal, met })}\n`);
  if (!met) process.exitCode = 1;
} finally {
  for (const { server } of [rpc, cloudWatch, ...tips]) server.close().closeAllConnections();
  rmSync(scratch, { recursive: true, force: true });
}
