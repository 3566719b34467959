import { createServer, type Server, type ServerResponse } from "node:http";
import type { AgentStatus } from "@coinfleet/sdk";
import type { PrometheusMetrics } from "./prometheus.ts";

/** What the server shows. */
export interface StatusSource {
  /** Undefined until the first probe has ended. */
  status(): AgentStatus | undefined;
  readonly prometheus: PrometheusMetrics;
  /** Whether the host is about to stop the node. */
  isLeaving(): boolean;
}

/**
 * Serves `/healthz` (200 only when synced, else 503; the body says why), `/status` (JSON, {@link AgentStatus}) and `/metrics` (Prometheus).
 * A status that is older than half a minute is not healthy: the loop behind it hangs. Nor is a node that is about to stop: it still serves, and gets nobody new.
 */
export function createStatusServer(
  { status, prometheus, isLeaving }: StatusSource,
  nowSec: () => number = () => Date.now() / 1000,
): Server {
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?")[0];
    if (request.method !== "GET") return reply(response, 405, "text/plain", "GET only\n");
    const current = status();
    switch (path) {
      case "/healthz": {
        if (isLeaving()) return reply(response, 503, "text/plain", "leaving: the node is about to stop\n");
        const isFresh = current !== undefined && nowSec() - current.probedAt < 30;
        const isHealthy = isFresh && current.isSynced;
        return reply(response, isHealthy ? 200 : 503, "text/plain", `${describe(current, isFresh)}\n`);
      }
      case "/status":
        if (current === undefined) return reply(response, 503, "application/json", JSON.stringify({ state: "starting" }));
        return reply(response, 200, "application/json", JSON.stringify(current));
      case "/metrics":
        prometheus.text().then(
          (text) => {
            reply(response, 200, prometheus.contentType, text);
          },
          () => {
            reply(response, 500, "text/plain", "the metrics cannot be rendered\n");
          },
        );
        return;
      default:
        return reply(response, 404, "text/plain", "/healthz, /status, /metrics\n");
    }
  });
  server.requestTimeout = 5000;
  server.headersTimeout = 5000;
  server.maxConnections = 64;
  return server;
}

function describe(status: AgentStatus | undefined, isFresh: boolean): string {
  if (status === undefined) return "starting: no probe has ended yet";
  return isFresh ? `${status.state}: ${status.why}` : "the last probe is too old";
}

function reply(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, { "content-type": type, "cache-control": "no-store" });
  response.end(body);
}
