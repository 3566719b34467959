/** CloudWatch namespace of everything that an agent publishes. Dimensions: `Environment`, `Node`. */
export const metricNamespace = "Coinfleet";

/**
 * Every metric that an agent publishes, each 10 s; at high resolution but for {@link resolutionSec}. An alarm or a dashboard may name no other.
 * `fromProbe`: published only when the probe succeeded, because a dead node has no height.
 */
export const metrics = {
  ProbeSuccess: { unit: "Count", fromProbe: false, help: "1 when the sync check answered, 0 when it did not" },
  Synced: { unit: "Count", fromProbe: false, help: "1 when the verdict is synced: what /healthz answers" },
  InService: { unit: "Count", fromProbe: false, help: "the same once a minute, for DNS, which reads no faster metric" },
  Height: { unit: "Count", fromProbe: true, help: "height of the node's best validated block" },
  BlocksBehind: { unit: "Count", fromProbe: true, help: "median of the independent tips less the node's height" },
  TipAgeSeconds: { unit: "Seconds", fromProbe: true, help: "age of the node's best block" },
  Peers: { unit: "Count", fromProbe: true, help: "connected peers" },
  InitialSync: { unit: "Count", fromProbe: true, help: "1 while the client says it is still catching up for the first time" },
  ForkDetected: { unit: "Count", fromProbe: true, help: "1 when the hash at a settled height differs from the quorum's" },
  TipsAvailable: { unit: "Count", fromProbe: false, help: "independent tips that answered (references and siblings)" },
  TipsDisagree: { unit: "Count", fromProbe: false, help: "1 when independent tips differ by more than the lag threshold" },
  DataVolumeUsedPercent: { unit: "Percent", fromProbe: false, help: "used share of the data volume" },
  DaysToFull: {
    unit: "Count",
    fromProbe: false,
    help: "days until the data volume is full at the recent rate; 9999 when it does not grow",
  },
  RestorePercent: { unit: "Percent", fromProbe: false, help: "share of the snapshot that has been restored; only while one is" },
  ClockOffsetSeconds: { unit: "Seconds", fromProbe: false, help: "by how much the host's clock differs from that of AWS, either way" },
  DaysToFork: {
    unit: "Count",
    fromProbe: false,
    help: "days until the network leaves the running release behind; only where an upgrade is announced",
  },
  Restarts: { unit: "Count", fromProbe: false, help: "starts of the daemons since boot, less one" },
} as const satisfies Record<string, { unit: "Count" | "Seconds" | "Percent"; fromProbe: boolean; help: string }>;

export type MetricName = keyof typeof metrics;

/** Metrics of a group, which `coinfleet drill` publishes. Dimensions: `Environment`, `Group`. */
export const groupMetrics = {
  DrillSucceeded: { unit: "Count", help: "1 when a node came up from the newest snapshot with the group's chain, 0 when not" },
  DrillRecoverySeconds: { unit: "Seconds", help: "from the launch of that node until it was synced: the recovery time" },
  DrillDataAgeSeconds: { unit: "Seconds", help: "age of the snapshot at that launch: the recovery point" },
  DaysSinceDrill: { unit: "Count", help: "days since a drill last ended well, once a day; 9999 when none ever has" },
  CopyDrillSucceeded: {
    unit: "Count",
    help: "1 when a node came up from the newest copy of another region with the group's chain, 0 when not",
  },
  CopyDrillRecoverySeconds: { unit: "Seconds", help: "from the call for that copy until the node was synced: the recovery time" },
  CopyDrillDataAgeSeconds: { unit: "Seconds", help: "age of the copied snapshot at that call: the recovery point" },
  DaysSinceCopyDrill: { unit: "Count", help: "days since a drill of a copy last ended well, once a day; 9999 when none ever has" },
} as const satisfies Record<string, { unit: "Count" | "Seconds"; help: string }>;

export type GroupMetricName = keyof typeof groupMetrics;

/** Seconds that one value of a metric stands for. Route 53 cannot follow an alarm on a metric of high resolution. */
export function resolutionSec(metric: MetricName): 1 | 60 {
  return metric === "InService" ? 60 : 1;
}
