import type { ResolvedGroup, ResolvedNode } from "@coinfleet/sdk";

/** A node with two daemons and a port of each exposure. */
export const exampleNode: ResolvedNode = {
  name: "example-1",
  group: "example",
  index: 1,
  zoneIndex: 0,
  instanceType: "t3.large",
  hostname: "node1.example.internal",
  siblings: ["node2.example.internal"],
  daemons: [
    {
      name: "exampled",
      client: "exampled",
      command: ["exampled", "--config", "/etc/coinfleet/example.conf"],
      environment: { HOME: "/data" },
      files: { "example.conf": "rpcpassword={{secret:rpc}}\n" },
      ports: ["p2p", "rpc", "engine", "metrics"],
      memoryMiB: 512,
      stopTimeoutSec: 120,
    },
    { name: "beacon", client: "beacon", command: ["beacon"], ports: ["discovery"], memoryMiB: 256, stopTimeoutSec: 30 },
  ],
  volume: {
    generation: 1,
    sizeGiB: 2,
    maximumGiB: 4,
    type: "gp3",
    iops: 3000,
    throughputMiBPerSec: 125,
    snapshotId: undefined,
    initializationRateMiBPerSec: undefined,
  },
};

/** Its group, on a private network. */
export const exampleGroup: ResolvedGroup = {
  name: "example",
  coin: "example",
  coinName: "Example",
  symbol: "EX",
  networkName: "regtest",
  isPrivateNetwork: true,
  architecture: "x86_64",
  clients: [
    {
      name: "exampled",
      version: "1.2.3",
      sourceName: "debian",
      source: {
        kind: "debianPackage",
        version: "1.2.3",
        package: "exampled",
        pins: { "1.2.3": "1.2.3-1" },
        binaries: { exampled: "/usr/bin/exampled" },
      },
      runtimePackages: ["ca-certificates"],
    },
  ],
  release: "1.2.3-debian",
  ports: {
    p2p: { port: 9333, protocol: "tcp", exposure: "public", description: "peers" },
    discovery: { port: 9000, protocol: "udp", exposure: "public", description: "discovery" },
    rpc: { port: 9332, protocol: "tcp", exposure: "internal", description: "RPC" },
    metrics: { port: 9400, protocol: "tcp", exposure: "internal", description: "metrics" },
    engine: { port: 8551, protocol: "tcp", exposure: "local", description: "engine API" },
  },
  access: [{ port: "rpc", protocol: "http", auth: { user: "coinfleet", secret: "rpc" } }],
  secrets: ["rpc"],
  allowedCidrs: [],
  options: {},
  snapshot: { kind: "none", reason: "private network" },
  holdsKeys: false,
  databaseSurvivesDowngrade: false,
  health: { tips: [], minimumTips: 1, settledDepth: 6, blockIntervalSec: 10, maxBlocksBehind: 2, maxTipAgeSec: 100, minimumPeers: 1 },
  blockEverySec: 10,
  addresses: "public",
  hasLoadBalancer: false,
  selfHealing: { restartsPerDay: 3, growByPercent: 20 },
  upgrade: { soakSec: 0, limitSec: 3600 },
  formerly: "example",
  nodes: [exampleNode],
};
