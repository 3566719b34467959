import { logAlarms, type CoinLogAlarm } from "@coinfleet/sdk";

/** Where the daemons' logs go: the group's log group of CloudWatch, or a GELF input such as Graylog's. */
export type LogRoute = { readonly kind: "cloudwatch"; readonly group: string } | { readonly kind: "gelf"; readonly url: string };

/** What a host is told of a GELF input that it forwards its journal to. */
export interface LogForwarding {
  readonly host: string;
  readonly port: number;
  /** Terms of a line → `_alarm` of its message, so that one event definition of the server's covers every coin. */
  readonly alarms: Readonly<Record<string, readonly string[]>>;
}

/** Absent where docker itself sends the lines: to CloudWatch, and over UDP, where there is nothing to wait for. */
export function logForwarding(route: LogRoute, own: CoinLogAlarm | undefined): LogForwarding | undefined {
  if (route.kind === "cloudwatch") return undefined;
  const { protocol, hostname, port } = new URL(route.url);
  if (protocol !== "tcp:") return undefined;
  return { host: hostname, port: Number(port), alarms: Object.fromEntries(logAlarms(own).map(({ id, terms }) => [id, terms])) };
}

/** Arguments of `docker run` that send a container's lines on their way. */
export function logArguments(route: LogRoute, region: string, node: string, stream: string): readonly string[] {
  const { driver, ...own } = driverOf(route, region, `${node}/${stream}`);
  // A log service that is away must not stop a daemon.
  const options = { ...own, mode: "non-blocking", "max-buffer-size": "4m" };
  return ["--log-driver", driver, ...Object.entries(options).flatMap(([key, value]) => ["--log-opt", `${key}=${value}`])];
}

/** The newest lines of a container stay on the host, where the driver itself keeps none. */
const cache = { "cache-max-size": "10m", "cache-max-file": "3" } as const;

function driverOf(route: LogRoute, region: string, stream: string): Readonly<Record<string, string>> & { readonly driver: string } {
  if (route.kind === "cloudwatch")
    return { driver: "awslogs", "awslogs-region": region, "awslogs-group": route.group, "awslogs-stream": stream, ...cache };
  // The journal is bounded, outlives a reboot, and is what the host forwards.
  if (route.url.startsWith("tcp:")) return { driver: "journald", tag: stream };
  return { driver: "gelf", "gelf-address": route.url, tag: stream, labels: "coinfleet.node,coinfleet.daemon", ...cache };
}
