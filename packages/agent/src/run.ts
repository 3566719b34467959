import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { agentPort, type Network } from "@coinfleet/sdk";
import { Agent } from "./agent.ts";
import { CloudClock } from "./cloud-clock.ts";
import { CloudWatchPublisher } from "./cloudwatch-publisher.ts";
import { loadCoin, networkOf } from "./coin-module.ts";
import { GateRequest } from "./gate-request.ts";
import { HttpNodeClient } from "./http-node-client.ts";
import { createLog } from "./log.ts";
import { startMiner } from "./miner.ts";
import { PrometheusMetrics } from "./prometheus.ts";
import { readConfig } from "./read-config.ts";
import { RestartLeave } from "./restart-leave.ts";
import { RestartRequest } from "./restart-request.ts";
import { createStatusServer } from "./status-server.ts";
import { VolumeWatch } from "./volume-usage.ts";

/** Paths as the agent's container sees them, and what tests set otherwise. */
export interface RunOptions {
  readonly config: string;
  /** URL of the coin's module. */
  readonly coin: string;
  readonly requests: string;
  readonly volume: string;
  readonly starts: string;
  readonly port: number;
  readonly probeEveryMs: number;
}

/** Defaults of `run`. */
export const runDefaults: Omit<RunOptions, "coin"> = {
  config: "/etc/coinfleet/config.json",
  requests: "/requests",
  volume: "/volume/data",
  starts: "/etc/coinfleet/starts",
  port: agentPort,
  probeEveryMs: 10_000,
};

/** Runs until `stop` is raised. */
export async function run(options: RunOptions, stop: AbortSignal): Promise<void> {
  const log = createLog();
  const config = await readConfig(options.config);
  const coin = await loadCoin(options.coin, config.coin);
  const network = networkOf(coin, config.networkName);
  const context = { networkName: config.networkName, network, options: coin.options.parse(config.options) };
  const client = new HttpNodeClient(config.access, { timeoutMs: 5000, maximumBytes: 4 * 2 ** 20 });
  const prometheus = new PrometheusMetrics({ environment: config.environment, node: config.node });
  const clock = new CloudClock(log);
  const publisher = new CloudWatchPublisher({ environment: config.environment, node: config.node, region: config.region, log, clock });
  const gate = new GateRequest(`${options.requests}/gate`, log);
  const leave = new RestartLeave({ config });
  const restart = new RestartRequest({ file: `${options.requests}/restart`, health: config.health, leave, log });
  const volume = new VolumeWatch(options.volume, expectedGrowth(network));
  const agent = new Agent({
    config,
    coin,
    context,
    client,
    publisher,
    clock,
    prometheus,
    gate,
    restart,
    volume,
    startsFile: options.starts,
    restoreFile: join(dirname(options.starts), "restore.json"),
    log,
  });

  const leavingFile = join(dirname(options.starts), "leaving");
  const isLeaving = (): boolean => existsSync(leavingFile);
  const server = createStatusServer({ status: () => agent.status, prometheus, isLeaving }, () => clock.now().getTime() / 1000);
  server.listen(options.port, "0.0.0.0");
  await once(server, "listening");
  const { blockEverySec } = config;
  const stopMiner = blockEverySec === undefined ? () => undefined : startMiner({ coin, client, context, everySec: blockEverySec, log });
  log.info("started", { node: config.node, coin: coin.id, network: config.networkName, port: options.port });
  try {
    await every(options.probeEveryMs, stop, () => agent.round(performance.now()));
  } finally {
    stopMiner();
    server.close();
    server.closeAllConnections();
  }
}

/** Calls `action` again and again; the pause is from start to start. */
async function every(periodMs: number, stop: AbortSignal, action: () => Promise<void>): Promise<void> {
  while (!stop.aborted) {
    const startedMs = performance.now();
    await action();
    const leftMs = Math.max(0, periodMs - (performance.now() - startedMs));
    await pause(leftMs, undefined, { signal: stop }).catch(() => undefined);
  }
}

function expectedGrowth({ data }: Network): number {
  return typeof data.growthGiBPerYear === "number" ? data.growthGiBPerYear : 0;
}
