import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { defineCoin, type Coin, type Upgrade } from "./coin.ts";
import { bitcoinRpc } from "./families/bitcoin-rpc.ts";
import { environmentDefaults, networkDefaults } from "./environment-spec.ts";
import type { FleetSpec, GroupSpec } from "./fleet-spec.ts";
import { noSnapshot, privateNetwork } from "./network-defaults.ts";
import { internalPort, peerPort, peersAndRpc } from "./network-port.ts";
import { renderProblems, type Problem } from "./problem.ts";
import { pending, pendingDigests } from "./release.ts";
import { resolveFleet, type CoinRegistry } from "./resolve.ts";
import type { ResolvedFleet } from "./resolved.ts";

const mainnet = {
  ...privateNetwork({ ports: peersAndRpc(9333, 9332), memoryMiB: 4096 }),
  kind: "main",
  blockIntervalSec: 150,
  data: { sizeGiB: 100, growthGiBPerYear: 20, source: "invented" },
  instanceType: "m7i.large",
  minimumTips: 2,
  tips: [
    { name: "one", url: "https://one.example", height: "" },
    { name: "two", url: "https://two.example", height: "" },
  ],
} as const;

const oak = defineCoin({
  id: "oak",
  name: "Oak",
  symbol: "OAK",
  ...bitcoinRpc({
    daemon: "oakd",
    chains: { mainnet: { chain: "main" }, testnet: { chain: "test" }, regtest: { chain: "regtest" }, fast: { chain: "regtest" } },
  }),
  clients: {
    oakd: {
      sources: {
        upstream: {
          kind: "signedArchive",
          version: "2.0",
          url: { x86_64: "https://oak.example/{version}.tar.gz" },
          sha256: { "2.0": pendingDigests("nobody has looked yet"), "1.9": pendingDigests("nobody has looked yet") },
          signature: { kind: "none", reason: "invented" },
          binaries: { oakd: "oakd" },
        },
        go: {
          kind: "goModule",
          version: "1.8",
          module: "oak.example/oak",
          packages: { "oak.example/oak": "oakd" },
          sums: { "1.8": pending("nobody has looked yet") },
        },
      },
    },
  },
  networks: {
    mainnet,
    testnet: { ...mainnet, kind: "test", tips: [], data: { sizeGiB: pending("never measured"), growthGiBPerYear: 1, source: "invented" } },
    regtest: privateNetwork({ ports: peersAndRpc(19444, 19443), memoryMiB: 512 }),
    fast: privateNetwork({ ports: { p2p: peerPort(19444), rpc: internalPort(9797, "JSON-RPC") }, memoryMiB: 512, maximumNodes: 1 }),
  },
  snapshot: noSnapshot(["mainnet", "testnet", "regtest", "fast"], "invented"),
  keys: "none",
  databaseSurvivesDowngrade: false,
  upgrades: [],
});

const yew: Coin = {
  ...oak,
  id: "yew",
  status: { kind: "retired", reason: "the network is dead", since: "2025-01-01" },
  keys: { what: "channel states" },
  produceBlock: { unsupported: "it has no miner" },
};
const upgrade = { network: "mainnet", release: "2.0", source: "invented" } as const;
const ash: Coin = {
  ...oak,
  id: "ash",
  upgrades: [
    { ...upgrade, name: "Bark", at: { date: "2026-06-15" } },
    { ...upgrade, name: "Leaf", client: "oakw", at: { date: "2026-01-01" } },
  ],
};
const now = new Date("2026-06-01T12:00:00Z");
/** Needs an oak on its public network and on the private one, where an address outside will do too. */
const mistletoe: Coin = {
  ...oak,
  id: "mistletoe",
  requires: {
    what: "an oakd of the same network",
    coins: { oak: { mainnet: "mainnet", fast: "regtest" } },
    port: "rpc",
    secret: "rpc",
    outside: ["regtest"],
  },
  daemons: (ctx) =>
    oak.daemons({ ...ctx, options: oak.options.parse(ctx.options) }).map((daemon) => {
      const { host, port, url, password } = ctx.server();
      return { ...daemon, files: { "server.conf": `${host} ${port} ${url} ${password}` } };
    }),
};
const coins = { oak, yew, ash, mistletoe };

const specOf = (nodes: Readonly<Record<string, GroupSpec>>, more: Partial<FleetSpec> = {}): FleetSpec => ({
  environment: "test",
  file: "stacks/Pulumi.test.yaml",
  zones: ["eu-central-1a", "eu-central-1b"],
  network: { cidr: "10.0.0.0/16", ...networkDefaults },
  images: { base: "debian:bookworm-slim", promoted: {} },
  machineImage: { ids: { x86_64: "ami-00000000", arm64: "ami-00000001" }, distribution: "debian" },
  alerts: { page: [], warn: [] },
  logs: { retentionDays: 7 },
  ...environmentDefaults,
  nodes,
  ...more,
});

function fleetOf(nodes: Readonly<Record<string, GroupSpec>>): ResolvedFleet {
  const resolved = resolveFleet(coins, specOf(nodes), now);
  if ("problems" in resolved) assert.fail(renderProblems("stack", resolved.problems));
  return resolved.fleet;
}

function problemsOf(nodes: Readonly<Record<string, GroupSpec>>, more: Partial<FleetSpec> = {}): readonly Problem[] {
  const resolved = resolveFleet(coins, specOf(nodes, more), now);
  if ("fleet" in resolved) assert.fail("no problem was found");
  return resolved.problems;
}

const found = (problems: readonly Problem[]): readonly string[] =>
  problems.map(({ name, path }) => `${name} ${path.replace("coinfleet:fleet.", "")}`);

const archive = { url: "https://oak.example/data.tar.zst", sha256: "0".repeat(64), format: "tar.zst" } as const;

/** Every mistake that the resolver knows, each at least once. */
const everythingWrong: Readonly<Record<string, GroupSpec>> = {
  "Oak-": { coin: "oak", network: "regtest" },
  oka: { network: "mainnet" },
  dead: { coin: "yew", network: "mainnet", volume: { snapshot: "snap-0123456789abcdef0" } },
  typo: { coin: "oak", network: "mainet" },
  none: { coin: "oak", network: "regtest", count: 0 },
  twins: { coin: "oak", network: "fast", count: 2 },
  client: { coin: "oak", network: "regtest", sources: { oak: "go" }, release: { oakk: "1" } },
  source: { coin: "oak", network: "regtest", sources: { oakd: "upstraem" } },
  release: { coin: "oak", network: "regtest", release: { oakd: "2.1" } },
  fork: { coin: "ash", network: "mainnet", release: { oakd: "1.9" } },
  next: { coin: "oak", network: "regtest", upgrade: { next: { release: { oakd: "1.9" }, atHeight: 900 } } },
  arm: { coin: "oak", network: "regtest", instanceType: "m7g.large" },
  mismatch: { coin: "oak", network: "regtest", sources: { oakd: "go" }, instanceType: "m7i.large", architecture: "arm64" },
  type: { coin: "oak", network: "regtest", instanceType: "large" },
  options: { coin: "oak", network: "regtest", options: { txIndex: true, maxConnections: "many" } },
  mining: { coin: "oak", network: "mainnet", blockEverySec: 5 },
  minerless: { coin: "yew", network: "regtest", blockEverySec: 5, acceptRetired: true },
  tips: {
    coin: "oak",
    network: "testnet",
    count: 2,
    volume: { sizeGiB: 0, maximumGiB: 70_000, iops: 100, throughput: 2001, generation: 0 },
  },
  size: { coin: "oak", network: "testnet", count: 3 },
  alone: { coin: "mistletoe", network: "mainnet" },
  wrong: { coin: "mistletoe", network: "fast", servedBy: "size" },
  login: { coin: "mistletoe", network: "regtest", servedBy: "https://user:password@oak.example" },
  needless: { coin: "oak", network: "regtest", servedBy: "size" },
  keys: { coin: "yew", network: "regtest", acceptRetired: true, restore: archive },
  daemon: { coin: "oak", network: "regtest", restore: { ...archive, daemon: "oakdd" } },
  own: { coin: "oak", network: "regtest", volume: { replaced: { "own-1": { generation: 1 }, "own-2": { generation: 2 } } } },
  io2: { coin: "oak", network: "regtest", volume: { type: "io2", sizeGiB: 10, maximumGiB: 9, throughput: 200, iops: 5000 } },
};

describe("resolveFleet", () => {
  it("fills in what a group does not say", () => {
    const [group] = fleetOf({ oak: { network: "mainnet" } }).groups;
    assert.ok(group);
    const { nodes, clients, ...rest } = group;
    assert.equal(rest.release, "2.0-upstream");
    assert.equal(rest.architecture, "x86_64");
    assert.equal(clients[0]?.sourceName, "upstream");
    assert.equal(nodes.length, 1);
    const { daemons, ...node } = nodes[0] ?? assert.fail("no node");
    assert.deepEqual(node, {
      name: "oak-1",
      group: "oak",
      index: 1,
      zoneIndex: 0,
      instanceType: "m7i.large",
      hostname: "node1.oak.internal",
      siblings: [],
      volume: {
        generation: 1,
        sizeGiB: 150,
        maximumGiB: 300,
        type: "gp3",
        iops: 3000,
        throughputMiBPerSec: 125,
        snapshotId: undefined,
        initializationRateMiBPerSec: undefined,
      },
    });
    assert.equal(daemons[0]?.name, "oakd");
  });

  it("takes what the stack file says instead", () => {
    const [group] = fleetOf({
      big: {
        coin: "oak",
        network: "mainnet",
        sources: { oakd: "go" },
        instanceType: "m7g.xlarge",
        volume: { sizeGiB: 500, iops: 8000, throughput: 700 },
      },
    }).groups;
    assert.equal(group?.release, "1.8-go");
    assert.equal(group?.architecture, "arm64");
    assert.deepEqual(group?.nodes[0]?.volume, {
      generation: 1,
      sizeGiB: 500,
      maximumGiB: 1000,
      type: "gp3",
      iops: 8000,
      throughputMiBPerSec: 700,
      snapshotId: undefined,
      initializationRateMiBPerSec: undefined,
    });
  });

  it("restores the stack file's archive in place of the coin's snapshot", () => {
    const [group] = fleetOf({ oak: { network: "regtest", restore: archive } }).groups;
    assert.deepEqual(group?.snapshot, { kind: "archive", ...archive, daemon: "oakd" });
  });

  it("spreads the nodes of a group over the zones and tells each of its siblings", () => {
    const [group] = fleetOf({ oak: { network: "regtest", count: 3 } }).groups;
    const zones = group?.nodes.map(({ zoneIndex }) => zoneIndex);
    assert.deepEqual(zones, [0, 1, 0]);
    assert.deepEqual(group?.nodes[1]?.siblings, ["node1.oak.internal", "node3.oak.internal"]);
  });

  it("gives the same fleet for the same spec", () => {
    assert.deepEqual(fleetOf({ oak: { network: "regtest", count: 2 } }), fleetOf({ oak: { network: "regtest", count: 2 } }));
  });

  it("lets a retired coin run when the stack file says that it means it", () => {
    assert.equal(fleetOf({ yew: { network: "mainnet", acceptRetired: true } }).groups.length, 1);
  });

  it("gives each served node a server of its own while there are enough, and says what must be opened for it", () => {
    const { groups } = fleetOf({
      wood: { coin: "oak", network: "mainnet", count: 2, formerly: "oak" },
      mistletoe: { network: "mainnet", count: 3, servedBy: "wood" },
    });
    const [, served] = groups;
    assert.deepEqual(
      served?.nodes.map(({ daemons }) => daemons[0]?.files?.["server.conf"]?.split(" ")[0]),
      ["node1.wood.internal", "node2.wood.internal", "node1.wood.internal"],
    );
    assert.equal(
      served.nodes[0]?.daemons[0]?.files?.["server.conf"],
      "node1.wood.internal 9332 http://node1.wood.internal:9332 {{secret:server/rpc}}",
    );
    assert.deepEqual(served.server, { group: "wood", formerly: "oak", port: internalPort(9332, "JSON-RPC"), secret: "rpc" });
  });

  it("takes an address outside the fleet where the coin allows one, and opens nothing for it", () => {
    const [group] = fleetOf({ mistletoe: { network: "regtest", servedBy: "https://oak.example/rpc" } }).groups;
    assert.equal(group?.nodes[0]?.daemons[0]?.files?.["server.conf"], "oak.example 443 https://oak.example/rpc ");
    assert.equal(group.server, undefined);
  });

  it("tells an agent how to ask the server, with its password, only where the sync check asks there", () => {
    const { requires } = mistletoe;
    assert.ok(requires);
    const serverOf = (isAsked: boolean, network: string, servedBy: string): unknown => {
      const asking: CoinRegistry = { oak, mistletoe: { ...mistletoe, requires: { ...requires, isAsked } } };
      const resolved = resolveFleet(asking, specOf({ oak: { network: "mainnet" }, mistletoe: { network, servedBy } }), now);
      return "fleet" in resolved ? resolved.fleet.groups.find(({ name }) => name === "mistletoe")?.nodes[0]?.server : resolved.problems;
    };
    const auth = { user: "coinfleet", password: "{{secret:server/rpc}}", scheme: "basic" };
    assert.deepEqual(serverOf(true, "mainnet", "oak"), { port: "server", url: "http://node1.oak.internal:9332", auth });
    assert.deepEqual(serverOf(true, "regtest", "https://oak.example/rpc"), { port: "server", url: "https://oak.example/rpc" });
    assert.equal(serverOf(false, "mainnet", "oak"), undefined);
    assert.equal(serverOf(false, "regtest", "https://oak.example/rpc"), undefined);
  });

  it("never lets a group be served by one that is served itself", () => {
    const needy: Coin = {
      ...mistletoe,
      id: "needy",
      requires: { what: "a mistletoe", coins: { mistletoe: { mainnet: "mainnet" } }, port: "rpc" },
    };
    const nodes: Readonly<Record<string, GroupSpec>> = {
      oak: { network: "mainnet" },
      mistletoe: { network: "mainnet", servedBy: "oak" },
      needy: { network: "mainnet", servedBy: "mistletoe" },
    };
    const resolved = resolveFleet({ ...coins, needy }, specOf(nodes), now);
    assert.ok("problems" in resolved);
    assert.deepEqual(found(resolved.problems), ["UnfitServer nodes.needy.servedBy"]);
  });

  it("fails with every mistake at once, each where it stands", () => {
    assert.deepEqual(
      found(problemsOf(everythingWrong)),
      [
        "InvalidGroupName nodes.Oak-",
        "UnknownCoin nodes.oka",
        "RetiredCoin nodes.dead",
        "KeysForbidSnapshot nodes.dead.volume.snapshot",
        "UnknownNetwork nodes.typo.network",
        "InvalidCount nodes.none.count",
        "InvalidCount nodes.twins.count",
        "PortClash nodes.twins",
        "UnknownClient nodes.client.sources",
        "UnknownClient nodes.client.release",
        "UnknownSource nodes.source.sources.oakd",
        "UnknownRelease nodes.release.release.oakd",
        "UpgradeDue nodes.fork.release.oakd",
        "NextNotNewer nodes.next.upgrade.next.release.oakd",
        "UnsupportedArchitecture nodes.arm.architecture",
        "ArchitectureMismatch nodes.mismatch.architecture",
        "InvalidValue nodes.type.instanceType",
        "UnknownOption nodes.options.options",
        "InvalidOption nodes.options.options.maxConnections",
        "NotAPrivateNetwork nodes.mining.blockEverySec",
        "CannotProduceBlocks nodes.minerless.blockEverySec",
        "TooFewTips nodes.tips.tips",
        "InvalidVolume nodes.tips.volume.sizeGiB",
        "InvalidVolume nodes.tips.volume.maximumGiB",
        "InvalidVolume nodes.tips.volume.iops",
        "InvalidVolume nodes.tips.volume.generation",
        "InvalidVolume nodes.tips.volume.throughput",
        "VolumeSizeNeeded nodes.size.volume.sizeGiB",
        "ServerNeeded nodes.alone.servedBy",
        "UnfitServer nodes.wrong.servedBy",
        "UnfitServer nodes.login.servedBy",
        "UnfitServer nodes.needless.servedBy",
        "GenerationNotLater nodes.own.volume.replaced.own-1.generation",
        "UnknownNode nodes.own.volume.replaced.own-2",
        "InvalidVolume nodes.io2.volume.maximumGiB",
        "InvalidVolume nodes.io2.volume.throughput",
        "KeysForbidSnapshot nodes.keys.restore",
        "UnknownDaemon nodes.daemon.restore.daemon",
      ].sort(byAppearance(found(problemsOf(everythingWrong)))),
    );
  });

  it("fails on an environment without zones and nodes", () => {
    assert.deepEqual(found(problemsOf({}, { zones: [] })), ["NoZones zones", "NoNodes nodes"]);
  });

  it("says what was probably meant", () => {
    const [wrong] = problemsOf({ oak: { network: "mainet" } });
    assert.equal(wrong?.fix, 'Did you mean "mainnet"?');
  });

  it("is not fooled by names of Object's own properties", () => {
    assert.deepEqual(found(problemsOf({ constructor: { network: "mainnet" } })), ["UnknownCoin nodes.constructor"]);
    assert.deepEqual(found(problemsOf({ oak: { network: "toString" } })), ["UnknownNetwork nodes.oak.network"]);
  });

  it("renders every problem as the golden file says", () => {
    const rendered = `${renderProblems("stacks/Pulumi.test.yaml", [...problemsOf(everythingWrong), ...problemsOf({}, { zones: [] })])}\n`;
    const file = join(import.meta.dirname, "../../../test/golden/errors/resolve.txt");
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, rendered);
    assert.equal(rendered, readFileSync(file, "utf8"));
  });
});

describe("resolveFleet before a hard fork", () => {
  type At = Upgrade["at"];
  const barkAt = (...dates: readonly At[]): typeof oak => ({ ...oak, upgrades: dates.map((at) => ({ ...upgrade, name: "Bark", at })) });
  const said = (at: At, today: string, group: Partial<GroupSpec> = {}): string => {
    const old = { oak: { network: "mainnet", release: { oakd: "1.9" }, ...group } };
    const resolved = resolveFleet({ oak: barkAt(at) }, specOf(old), new Date(today));
    const [kind, problems] = "problems" in resolved ? ["refused", resolved.problems] : ["warned", resolved.warnings];
    return problems.length === 0 ? "nothing" : `${kind} ${problems.map(({ fix }) => fix.split(":")[0]).join()}`;
  };
  const date = { date: "2026-06-15" };

  it("warns of it from the day on which it is announced", () => {
    assert.equal(said(date, "2026-05-31T23:59:59Z"), "warned Bark on 2026-06-15");
    assert.equal(said(date, "2025-01-01T00:00:00Z"), "warned Bark on 2026-06-15");
  });
  it("refuses an older release from 14 days before it, and for ever after", () => {
    assert.equal(said(date, "2026-06-01T00:00:00Z"), "refused Bark on 2026-06-15");
    assert.equal(said(date, "2030-01-01T00:00:00Z"), "refused Bark on 2026-06-15");
  });
  it("goes by the expected date of a height, and takes a height without one for near", () => {
    assert.equal(
      said({ height: 900, expected: "2026-06-15" }, "2026-05-01T00:00:00Z"),
      "warned Bark at height 900 (expected on 2026-06-15)",
    );
    assert.equal(
      said({ height: 900, expected: "2026-06-15" }, "2026-06-02T00:00:00Z"),
      "refused Bark at height 900 (expected on 2026-06-15)",
    );
    assert.equal(said({ height: 900 }, "2020-01-01T00:00:00Z"), "refused Bark at height 900");
  });
  it("tells the node when its network leaves it behind: at the earliest upgrade that it does not follow", () => {
    const leftBehind = (release: string): number | undefined => {
      const coin = barkAt({ height: 900, expected: "2026-07-01" }, date);
      const resolved = resolveFleet({ oak: coin }, specOf({ oak: { network: "mainnet", release: { oakd: release } } }), new Date(0));
      return "fleet" in resolved ? resolved.fleet.groups[0]?.health.leftBehindAtSec : assert.fail();
    };
    assert.deepEqual([leftBehind("1.9"), leftBehind("2.0")], [Date.parse("2026-06-15T00:00:00Z") / 1000, undefined]);
  });
  it("refuses when the date cannot be read", () => assert.match(said({ date: "June 2026" }, "2020-01-01T00:00:00Z"), /^refused/));
  it("says nothing of a release that follows it, and of another network", () => {
    assert.equal(said(date, "2026-06-10T00:00:00Z", { release: { oakd: "2.0" } }), "nothing");
    assert.equal(said(date, "2026-06-10T00:00:00Z", { network: "regtest" }), "nothing");
  });
});

/** The order in which problems are found inside a group is not promised; that of the groups is. */
function byAppearance(order: readonly string[]): (a: string, b: string) => number {
  return (a, b) => order.indexOf(a) - order.indexOf(b);
}
