import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { defineCoin, type Coin, type Upgrade } from "./coin.ts";
import { environmentDefaults, networkDefaults } from "./environment-spec.ts";
import { bitcoinRpc } from "./families/bitcoin-rpc.ts";
import type { NextReleaseSpec } from "./fleet-spec.ts";
import { noSnapshot, privateNetwork } from "./network-defaults.ts";
import { peersAndRpc } from "./network-port.ts";
import { pendingDigests } from "./release.ts";
import { resolveFleet, type Resolution } from "./resolve.ts";
import type { ResolvedGroup } from "./resolved.ts";

const elm = defineCoin({
  id: "elm",
  name: "Elm",
  symbol: "ELM",
  ...bitcoinRpc({ daemon: "elmd", chains: { regtest: { chain: "regtest" } } }),
  clients: {
    elmd: {
      sources: {
        upstream: {
          kind: "signedArchive",
          version: "2.0",
          url: { x86_64: "https://elm.example/{version}.tar.gz" },
          sha256: {
            "2.0": pendingDigests("invented"),
            "2.1": pendingDigests("invented"),
            "3.0": { x86_64: "0".repeat(64) },
            "3.1": {},
          },
          signature: { kind: "none", reason: "invented" },
          binaries: { elmd: "elmd" },
        },
      },
    },
    idle: { sources: {} },
  },
  networks: { regtest: privateNetwork({ ports: peersAndRpc(19444, 19443), memoryMiB: 512 }) },
  snapshot: noSnapshot(["regtest"], "invented"),
  keys: "none",
  databaseSurvivesDowngrade: false,
  upgrades: [],
});

/** Its client writes down that its chain waits for a release. */
const writing: Coin = {
  ...elm,
  daemons: (ctx) =>
    elm.daemons({ ...ctx, options: elm.options.parse(ctx.options) }).map((daemon) => ({ ...daemon, upgradeFile: "data/upgrade.json" })),
};

function resolve(next: NextReleaseSpec, { coin = elm, now = "2026-06-10T00:00:00Z" }: { coin?: Coin; now?: string } = {}): Resolution {
  const spec = {
    environment: "test",
    file: "stacks/Pulumi.test.yaml",
    zones: ["eu-central-1a"],
    network: { cidr: "10.0.0.0/16", ...networkDefaults },
    images: { base: "debian:bookworm-slim", promoted: {} },
    machineImage: { ids: { x86_64: "ami-00000000" }, distribution: "debian" },
    alerts: { page: [], warn: [] },
    logs: { retentionDays: 7 },
    ...environmentDefaults,
    nodes: { elm: { network: "regtest", release: { elmd: "2.1" }, upgrade: { next } } },
  } as const;
  return resolveFleet({ elm: coin }, spec, new Date(now));
}

function groupOf(resolution: Resolution): ResolvedGroup {
  if ("problems" in resolution) assert.fail(JSON.stringify(resolution.problems));
  return resolution.fleet.groups[0] ?? assert.fail("no group");
}

const found = (resolution: Resolution): readonly string[] =>
  "problems" in resolution
    ? resolution.problems.map(
        ({ name, path, got, allowed }) =>
          `${name} ${path.split(".upgrade.")[1] ?? path}: ${got ?? "nothing"}, not ${allowed?.join() ?? ""}`,
      )
    : [];

describe("the next release of a group", () => {
  it("is resolved as the one before it, which goes on until then", () => {
    const { release, next } = groupOf(resolve({ release: { elmd: "3.0" }, atHeight: 900 }));
    assert.equal(release, "2.1-upstream");
    assert.equal(next?.release, "3.0-upstream");
    assert.deepEqual(
      next.clients.map(({ name, version, sourceName }) => [name, version, sourceName]),
      [["elmd", "3.0", "upstream"]],
    );
    assert.deepEqual(next.at, { height: 900 });
  });

  it("waits for a time, or for what the client writes when its chain asks for it", () => {
    assert.deepEqual(groupOf(resolve({ release: { elmd: "3.0" }, atTime: "2026-12-01T14:00:00Z" })).next?.at, {
      time: "2026-12-01T14:00:00Z",
    });
    assert.deepEqual(groupOf(resolve({ release: { elmd: "3.0" }, atHeight: 900 }, { coin: writing })).next?.at, {
      height: 900,
      file: "elmd/data/upgrade.json",
    });
  });

  for (const [name, release, says] of [
    ["is older", { elmd: "2.0" }, 'NextNotNewer next.release.elmd: "2.0", not newer than 2.1'],
    ["is the same", { elmd: "2.1" }, 'NextNotNewer next.release.elmd: "2.1", not newer than 2.1'],
    ["names nothing that runs", { idle: "1" }, 'NextNotNewer next.release: {"idle":"1"}, not a newer elmd'],
    ["is not pinned", { elmd: "9" }, 'UnknownRelease next.release.elmd: "9", not 2.0,2.1,3.0,3.1'],
    ["has no binaries for the hosts", { elmd: "3.1" }, 'UnsupportedArchitecture coinfleet:fleet.nodes.elm.architecture: "x86_64", not '],
  ] as const) {
    it(`fails when it ${name}`, () => assert.deepEqual(found(resolve({ release, atHeight: 900 })), [says]));
  }

  it("fails when it names a client that the coin does not have, once", () => {
    assert.deepEqual(found(resolve({ release: { elmd: "3.0", elmdd: "3.0" }, atHeight: 900 })), [
      'UnknownClient next.release: "elmdd", not elmd,idle',
    ]);
  });
});

describe("a hard fork that only the next release follows", () => {
  const forkAt = (at: Upgrade["at"], coin: Coin = elm): Coin => ({
    ...coin,
    upgrades: [{ name: "Bark", network: "regtest", release: "3.0", source: "invented", at }],
  });
  const isRefused = (at: Upgrade["at"], next: Omit<NextReleaseSpec, "release">, version = "3.0"): boolean =>
    "problems" in resolve({ release: { elmd: version }, ...next }, { coin: forkAt(at) });
  const day = { date: "2026-06-15" };

  it("is no problem when it takes over by then, and nothing to be alarmed about", () => {
    assert.equal(isRefused({ height: 900 }, { atHeight: 899 }), false);
    assert.equal(isRefused({ height: 900, expected: "2026-06-15" }, { atHeight: 800 }), false);
    assert.equal(isRefused(day, { atTime: "2026-06-15T14:00:00Z" }), false);
    assert.equal(isRefused({ height: 900, expected: "2026-06-15" }, { atTime: "2026-06-14T14:00:00Z" }), false);
    const { health } = groupOf(resolve({ release: { elmd: "3.0" }, atHeight: 900 }, { coin: forkAt({ height: 900 }, writing) }));
    assert.equal(health.leftBehindAtSec, undefined);
  });

  it("fails when it takes over too late, or nobody can say", () => {
    assert.equal(isRefused({ height: 900 }, { atHeight: 900 }), true, "the old release never has the block after which it would end");
    assert.ok("problems" in resolve({ release: { elmd: "3.0" }, atHeight: 901 }, { coin: forkAt({ height: 900 }, writing) }));
    assert.equal(isRefused(day, { atTime: "2026-06-16T00:00:00Z" }), true);
    assert.equal(isRefused(day, { atHeight: 900 }), true);
    assert.equal(isRefused({ height: 900 }, { atTime: "2026-06-01T00:00:00Z" }), true);
  });

  it("fails when the next release does not follow it either", () => {
    const coin = {
      ...forkAt({ height: 900 }),
      upgrades: [{ name: "Bark", network: "regtest", release: "3.1", source: "invented", at: { height: 900 } }],
    };
    assert.ok("problems" in resolve({ release: { elmd: "3.0" }, atHeight: 900 }, { coin }));
  });
});
