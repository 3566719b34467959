import assert from "node:assert/strict";
import {
  bitcoinRpc,
  defineCoin,
  internalPort,
  noSnapshot,
  peerPort,
  peersAndRpc,
  privateNetwork,
  type Coin,
  type Daemon,
  type DaemonContext,
  type Upgrade,
} from "@coinfleet/sdk";
import { describe, it } from "mocha";
import { z } from "zod";
import { conformanceProblems } from "./conformance-problems.ts";

// Negative controls: a suite that finds nothing wrong with these would prove nothing about the real coins.

const family = bitcoinRpc({ daemon: "oakd", chains: { regtest: { chain: "regtest" } } });
const ports = peersAndRpc(19444, 19443);

const oak: Coin = defineCoin({
  id: "oak",
  name: "Oak",
  symbol: "OAK",
  ...family,
  clients: {
    oakd: {
      sources: {
        debian: { kind: "debianPackage", version: "1.0", package: "oakd", pins: { "1.0": "1.0-1" }, binaries: { oakd: "/usr/bin/oakd" } },
      },
    },
  },
  networks: { regtest: privateNetwork({ ports, memoryMiB: 512 }) },
  snapshot: noSnapshot(["regtest"], "invented"),
  keys: "none",
  databaseSurvivesDowngrade: false,
  upgrades: [],
});

const withDaemon = (change: (daemon: Daemon, ctx: DaemonContext<unknown>) => Partial<Daemon>): Coin => ({
  ...oak,
  daemons: (ctx) => oak.daemons(ctx).map((daemon) => ({ ...daemon, ...change(daemon, ctx) })),
});

const withNetwork = (change: object): Coin => ({ ...oak, networks: { regtest: privateNetwork({ ports, memoryMiB: 512, ...change }) } });

const archive = {
  kind: "signedArchive",
  version: "1.0",
  url: { x86_64: "https://oak.example/oak-{version}.tar.gz" },
  sha256: { "1.0": { x86_64: "0".repeat(64) } },
  signature: { kind: "detached", url: "{url}.asc", signers: [{ name: "Ann", fingerprint: "A".repeat(40) }], threshold: 1 },
  binaries: { oakd: "oakd" },
} as const;

const withArchive = (change: object): Coin => ({ ...oak, clients: { oakd: { sources: { upstream: { ...archive, ...change } } } } });

const upgrade = { name: "Bark", network: "regtest", release: "1.0", at: { height: 1 }, source: "invented" } as const;
const withUpgrade = (change: Partial<Upgrade>): Coin => ({ ...oak, upgrades: [{ ...upgrade, ...change }] });
/** Hangs on an oak that stands elsewhere. */
const mistletoe: Coin = {
  ...withDaemon((_, ctx) => ({ files: { "mistletoe.conf": `server=${ctx.server().host}\npassword=${ctx.server().password}\n` } })),
  id: "mistletoe",
  requires: { what: "an oakd", coins: { oak: { regtest: "mainnet" } }, port: "rpc", secret: "rpc" },
};

const broken: readonly (readonly [what: string, coin: Coin, problem: RegExp])[] = [
  ["an id with capitals", { ...oak, id: "Oak" }, /id "Oak" is not lower-case kebab/],
  ["two roles on one port", withNetwork({ ports: { ...ports, ws: peerPort(19443) } }), /port 19443\/tcp is used by rpc and ws/],
  ["a port of the agent's", withNetwork({ ports: peersAndRpc(9797, 19443) }), /port 9797\/tcp is used by the agent and p2p/],
  [
    "a port that is called as the server's",
    withNetwork({ ports: { ...ports, server: internalPort(19445, "its own") } }),
    /port "server" has the name under which/,
  ],
  ["RPC that is open to the world", withNetwork({ ports: { ...ports, rpc: peerPort(19443) } }), /port rpc is open to the world/],
  [
    "a port that no daemon serves",
    withNetwork({ ports: { ...ports, ws: internalPort(28332, "ZeroMQ") } }),
    /no daemon serves the port "ws"/,
  ],
  [
    "tips on a private network",
    withNetwork({ tips: [{ name: "one", url: "https://one.example", height: "" }] }),
    /its tips do not fit its kind/,
  ],
  ["daemons that take more memory than there is", withDaemon(() => ({ memoryMiB: 513 })), /daemons take 513 MiB of 512/],
  [
    "a secret on the command line",
    withDaemon((daemon, ctx) => ({ command: [...daemon.command, `-rpcpassword=${ctx.secret("rpc")}`] })),
    /a secret is in the command line/,
  ],
  [
    "a secret that nobody generates",
    withDaemon(() => ({ files: { "oakd.conf": "rpcpassword={{secret:other}}\n" } })),
    /secret "other" is not declared/,
  ],
  [
    "a configuration file that is no data",
    withDaemon(() => ({ files: { "oakd.conf": "server = yes please\n" } })),
    /line "server = yes please" is no setting/,
  ],
  [
    "the secret of a server that lends none",
    withDaemon(() => ({ files: { "oakd.conf": "rpcpassword={{secret:server/rpc}}\n" } })),
    /secret "server\/rpc" is not declared/,
  ],
  [
    "a section without a line",
    withDaemon(() => ({ files: { "oakd.cfg": "[server]\n[node_db]\ntype = Oak\n" } })),
    /section "server" is empty/,
  ],
  ["a line before the first section", withDaemon(() => ({ files: { "oakd.cfg": "port = 1\n" } })), /line "port = 1" is no value/],
  ["JSON that is none", withDaemon(() => ({ files: { "oakd.json": "{" } })), /oakd\.json: /],
  [
    "an asset without a digest",
    withNetwork({ assets: { "a.json": { url: "https://a.example/a.json", sha256: "abc" } } }),
    /"abc" is not a sha256/,
  ],
  [
    "an asset that is not https",
    withNetwork({ assets: { "a.json": { url: "ftp://a.example", sha256: "0".repeat(64) } } }),
    /is not an https/,
  ],
  ["TOML that is none", withDaemon(() => ({ files: { "oakd.toml": "a = \n" } })), /oakd\.toml: /],
  [
    "a data file outside",
    withDaemon(() => ({ dataFiles: { "../oak.json": { first: "{}" } } })),
    /"\.\.\/oak\.json" is no plain relative path/,
  ],
  [
    "a data file that links nowhere",
    withDaemon(() => ({ dataFiles: { "oak.json": { link: "o.json" } } })),
    /links to "o\.json", which is not/,
  ],
  [
    "a secret that stays on the volume",
    withDaemon((_, ctx) => ({ dataFiles: { "oak.token": { first: ctx.secret("rpc") } } })),
    /oak\.token: a secret would stay on the volume/,
  ],
  ["a data file that is no data", withDaemon(() => ({ dataFiles: { "oak.json": { first: "{" } } })), /oak\.json: /],
  ["a binary that the image does not have", withDaemon(() => ({ command: ["oak-cli"] })), /"oak-cli" is not a binary of the source debian/],
  [
    "a first start with a program that the image does not have",
    withDaemon(() => ({ firstStart: { creates: "oak.db", commands: [["oak-init"]] } })),
    /"oak-init" is not a binary of the source debian/,
  ],
  [
    "a first start that leaves the data directory",
    withDaemon(() => ({ firstStart: { creates: "../oak.db", commands: [["oakd", "init"]] } })),
    /makes "\.\.\/oak\.db"/,
  ],
  ["an upgrade file elsewhere", withDaemon(() => ({ upgradeFile: "../upgrade.json" })), /upgrade file "\.\.\/upgrade\.json"/],
  ["no time to stop", withDaemon(() => ({ stopTimeoutSec: 0 })), /stop time 0 s/],
  [
    "an option that changes nothing",
    {
      ...oak,
      options: z.strictObject({
        txindex: z.boolean().default(true),
        maxConnections: z.int().default(125),
        cosy: z.boolean().default(true),
      }),
    },
    /option cosy: changes nothing/,
  ],
  [
    "a client that no network runs",
    { ...oak, clients: { ...oak.clients, oakw: { sources: { upstream: archive } } } },
    /client oakw is run by no network/,
  ],
  ["a client without a source", { ...oak, clients: { ...oak.clients, oakw: { sources: {} } } }, /oakw: has no source/],
  ["a version without a pin", withArchive({ version: "1.1" }), /version 1\.1 has no pin/],
  ["a short digest", withArchive({ sha256: { "1.0": { x86_64: "abc" } } }), /"abc" is not a sha256 digest/],
  [
    "a crate without a pin",
    {
      ...oak,
      clients: {
        oakd: { sources: { crates: { kind: "cargoCrates", version: "1", crates: { oak: ["oakd"] }, sums: { "1": { elm: "0" } } } } },
      },
    },
    /the crate oak has no pin[^]*"0" is not a sha256 digest/,
  ],
  ["pending without a reason", withArchive({ sha256: { "1.0": { x86_64: { pending: "" } } } }), /pending without a reason/],
  [
    "a short fingerprint",
    withArchive({ signature: { ...archive.signature, signers: [{ name: "Ann", fingerprint: "AABBCCDD" }] } }),
    /"AABBCCDD" is not a full fingerprint/,
  ],
  [
    "more signers wanted than known",
    withArchive({ signature: { ...archive.signature, threshold: 2 } }),
    /1 signers cannot reach the threshold of 2/,
  ],
  [
    "a hard fork that the default release does not follow",
    withUpgrade({ release: "1.1" }),
    /needs oakd 1\.1, and 1\.0 is what runs by default/,
  ],
  ["a hard fork of a network that there is not", withUpgrade({ network: "mainnet" }), /upgrade "Bark": there is no network "mainnet"/],
  ["a hard fork of another client than the coin's", withUpgrade({ client: "elmd" }), /there is no client "elmd"/],
  ["a hard fork on a day that is none", withUpgrade({ at: { date: "soon" } }), /"soon" is not a date/],
  ["a download that is not https", withArchive({ url: { x86_64: "http://oak.example/oak-{version}.tar.gz" } }), /is not an https address/],
];

describe("conformanceProblems", () => {
  it("finds nothing wrong with a sound coin", () => {
    assert.deepEqual(conformanceProblems(oak), []);
    assert.deepEqual(conformanceProblems(withArchive({})), []);
    assert.deepEqual(conformanceProblems(withUpgrade({})), []);
    assert.deepEqual(conformanceProblems({ ...mistletoe, options: z.strictObject({}) }), []);
  });

  for (const [what, coin, problem] of broken) {
    it(`fails on ${what}`, () => {
      // A version without a pin cannot even be resolved, which is a finding of its own.
      const found = ((): string => {
        try {
          return conformanceProblems(coin).join("\n");
        } catch (error) {
          return String(error);
        }
      })();
      assert.match(found, problem);
    });
  }
});
