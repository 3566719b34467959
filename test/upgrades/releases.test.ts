import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { DescribeVolumesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Run, StackFile } from "../engine/support.ts";
import { FleetUnderTest } from "../fleet/fleet-under-test.ts";
import { randomOf } from "../support/random-of.ts";
import { Outage } from "./outage.ts";
import { RequestSampler, type Sample } from "../fleet/request-sampler.ts";
import { fleetOf, withFleet } from "../fleet/stack.ts";

const exec = promisify(execFile);

// While one of three is away, the other two still have a peer; one of two would be alone, and serve nobody.
const nodes = ["litecoin-1", "litecoin-2", "litecoin-3", "second-1", "second-2"] as const;
const rpcPort = 19443;
const [oldVersion, goodVersion, badVersion] = ["0.21.2.1", "0.21.2.2", "0.21.2.3"];

/** What a client's program is in a bad release: a script in its place. `litecoind.real` is the real one. */
const bad = {
  unstartable: "exit 1",
  // Without a peer it is in sync with nobody.
  stalled: 'exec litecoind.real "$@" -noaddnode -noconnect -maxconnections=0',
  // The public test network, at the same ports.
  elsewhere: `exec litecoind.real "$@" -regtest=0 -testnet=1 -rpcport=${rpcPort} -rpcbind=0.0.0.0 -rpcallowip=0.0.0.0/0 -connect=127.0.0.1:1`,
  corrupting: `for file in /data/regtest/chainstate/*.ldb /data/regtest/chainstate/*.log; do head -c 200000 /dev/urandom >"$file"; done
exec litecoind.real "$@"`,
} as const;

const kills = 10;
const killSeed = Number(process.env["COINFLEET_TEST_SEED"] ?? Date.now() % 1_000_000);

/**
 * What a new release does to two groups: the same Debian package under another version, or a script around it. Does not prove what another release
 * of the client would do to a main network's data.
 */
describe("a release", function () {
  this.timeout(30 * 60_000);
  let fleet: FleetUnderTest;
  let promoted: Record<string, string>;
  /** What all nodes run; each test leaves it so. */
  let current = oldVersion;
  const other = (): string => (current === oldVersion ? goodVersion : oldVersion);

  before(async () => {
    promoted = {};
    fleet = await FleetUnderTest.start(`releases-${process.pid}`);
    // The client's Debian package comes in one version. Two more ids of it, in this stack's copy of the program.
    const pin = (version: string): string => `"${version}": "0.21.2.1-1+b1"`;
    await fleet.stack.edit("coins/litecoin/index.ts", pin(oldVersion), [oldVersion, goodVersion, badVersion].map(pin).join(", "));
    // Without this the host refuses the way back, as it should: that case is the gate's and the host's own tests'.
    await fleet.stack.edit("coins/litecoin/index.ts", "databaseSurvivesDowngrade: false", "databaseSurvivesDowngrade: true");
    await fleet.up(file(current));
    for (const node of nodes) await fleet.untilAgent(node, "synced", ({ isSynced }) => isSynced, 300);
  });

  // A test that failed half-way must not fail the next ones.
  beforeEach(async () => {
    promoted = {};
    await fleet.up(file(current));
  });

  after(async () => fleet?.remove());

  function file(litecoin: string, second = litecoin, more: object = {}): StackFile {
    const group = (count: number, version: string): Record<string, unknown> => ({
      coin: "litecoin",
      network: "regtest",
      count,
      sources: { litecoind: "debian" },
      release: { litecoind: version },
      // A tip of ten blocks' time is still fresh: the first node makes them, and may be away for that long.
      blockEverySec: 60,
      allowedCidrs: ["10.0.0.0/16"],
      loadBalancer: true,
      upgrade: { soakMinutes: 0.5, limitMinutes: 2 },
    });
    return withFleet(fleetOf({ litecoin: { ...group(3, litecoin), ...more }, second: group(2, second) }), { images: { promoted } });
  }

  /** Which release each node's host says that it runs. */
  async function running(): Promise<readonly string[]> {
    return Promise.all(nodes.map((node) => fleet.onHost(node, "jq -r .release /run/coinfleet/release.json")));
  }

  /** Makes an image of a client's program in the stack's registry, and has the stack file name it. */
  async function release(program: string): Promise<void> {
    promoted = {};
    await fleet.stack.write(file(badVersion, current));
    const [name] =
      new RegExp(`litecoin-litecoind-${badVersion}-debian-[0-9a-f]{8}-x86_64`).exec((await fleet.stack.plan()).join("\n")) ?? [];
    const [real] = Object.entries(await fleet.images()).flatMap(([key, image]) => (key.includes(`-${current}-`) ? [image] : []));
    if (name === undefined || real === undefined) throw new Error("no image to replace");
    const context = mkdtempSync(join(tmpdir(), "coinfleet-release-"));
    try {
      writeFileSync(join(context, "litecoind"), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
      const move = "RUN mv /usr/local/bin/litecoind /usr/local/bin/litecoind.real";
      writeFileSync(join(context, "Dockerfile"), `FROM ${real}\nUSER root\n${move}\nCOPY litecoind /usr/local/bin/\nUSER 10001:10001\n`);
      const tag = `${real.split("@")[0] ?? ""}:bad-${Date.now()}`;
      const docker = (...args: readonly string[]) => exec("docker", args, { env: { ...process.env, ...fleet.variables }, maxBuffer: 1e8 });
      await docker("build", "--tag", tag, context);
      await docker("push", tag);
      const { stdout } = await docker("inspect", "--format", "{{index .RepoDigests 0}}", tag);
      promoted = { [name]: stdout.trim() };
    } finally {
      rmSync(context, { recursive: true });
    }
  }

  /** An update that must fail. @returns what it said */
  async function refused(wanted: StackFile): Promise<string> {
    await fleet.stack.write(wanted);
    const { code, stdout, stderr, seconds } = await fleet.stack.up("--parallel", "16");
    assert.notEqual(code, 0, "the update has passed");
    process.stdout.write(`      refused after ${seconds.toFixed(0)} s\n`);
    return `${stdout}\n${stderr}`;
  }

  async function rpcPassword(group: string): Promise<string> {
    const found = (await fleet.stack.state()).find(
      ({ type, urn }) => type === "aws:secretsmanager/secret:Secret" && urn.includes(`::${group}-`),
    );
    const { SecretString = "" } = await new SecretsManagerClient(fleet.clientSettings).send(
      new GetSecretValueCommand({ SecretId: found?.id }),
    );
    return SecretString;
  }

  /** Asks for the height through the load balancer each second while something is done: every answer must come. */
  async function servedAllTheWhile(work: () => Promise<void>): Promise<void> {
    let samples: readonly Sample[] = [];
    const sampler = await RequestSampler.start(fleet, "second-1", {
      host: "litecoin.internal",
      port: rpcPort,
      body: JSON.stringify({ method: "getblockcount", params: [], id: 1 }),
      auth: ["coinfleet", await rpcPassword("litecoin")],
      answer: '"error":null',
      everySec: 1,
    });
    await work().finally(async () => (samples = await sampler.stop()));
    const failed = samples.filter(({ ok }) => !ok);
    process.stdout.write(`      ${failed.length} of ${samples.length} requests failed\n`);
    assert.ok(samples.length > 30, `${samples.length} samples`);
    const began = samples[0]?.sec ?? 0;
    assert.deepEqual(
      failed.map(({ sec }) => Math.round(sec - began)),
      [],
      "seconds after the beginning at which requests failed",
    );
  }

  const synced = async (...names: readonly string[]): Promise<void> => {
    for (const node of names) await fleet.untilAgent(node, "synced", ({ isSynced }) => isSynced, 180);
  };

  /** When each node's daemon was started. */
  const starts = async (...of: readonly string[]): Promise<readonly string[]> =>
    Promise.all(of.map((node) => fleet.onHost(node, "docker inspect --format '{{.State.StartedAt}}' litecoind")));

  /** Release ids of the nodes: of the first group's, and of the second's. */
  const ids = (litecoin: readonly string[], second: string): readonly string[] =>
    [...litecoin, second, second].map((version) => `${version}-debian`);
  const all = (version: string): readonly string[] => ids([version, version, version], version);

  it("that is good arrives in both groups, one node after the other, while every request is served", async () => {
    await servedAllTheWhile(async () => {
      const started = Date.now();
      await fleet.up(file((current = other())));
      process.stdout.write(`      upgraded in ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
    });
    assert.deepEqual(await running(), all(current));
    assert.deepEqual(await fleet.stack.plan(), []);
  });

  it("outlasts an outage of SSM, and no second update comes in between", async () => {
    const outage = await Outage.start(fleet.variables["AWS_ENDPOINT_URL"] ?? "");
    const stack = fleet.stack.withEnv({ AWS_ENDPOINT_URL_SSM: outage.url });
    try {
      await stack.write(file((current = other())));
      const first = stack.up("--parallel", "16");
      await sleep(20_000);
      outage.isOn = true;
      const second = await fleet.stack.up();
      assert.notEqual(second.code, 0);
      assert.match(second.stdout + second.stderr, /locked/);
      await sleep(45_000);
      outage.isOn = false;
      const { code, stdout, stderr } = await first;
      assert.equal(code, 0, stdout + stderr);
      process.stdout.write(`      ${outage.refused} calls of SSM were refused\n`);
      assert.ok(outage.refused > 0);
    } finally {
      outage.close();
    }
    assert.deepEqual(await running(), all(current));
  });

  for (const [what, program] of [
    ["does not start", bad.unstartable],
    ["starts and stalls", bad.stalled],
    ["is on the wrong network", bad.elsewhere],
  ] as const) {
    it(`that ${what} is taken back from the first node, and no other node hears of it`, async () => {
      const before = await starts("litecoin-2", "litecoin-3", "second-1", "second-2");
      await release(program);
      await servedAllTheWhile(async () => {
        const said = await refused(file(badVersion, current));
        assert.match(
          said,
          new RegExp(`RolledBack: litecoin-1 did not come through with ${badVersion}-debian and is back on ${current}-debian`),
        );
      });
      assert.deepEqual(await running(), all(current));
      assert.deepEqual(await starts("litecoin-2", "litecoin-3", "second-1", "second-2"), before);
      await synced("litecoin-1");
      promoted = {};
      await fleet.up(file(current));
      assert.deepEqual(await fleet.stack.plan(), []);
    });
  }

  it(`arrives although the update is killed ${kills} times on its way, and every request is served`, async () => {
    const volumes = (): readonly string[] => nodes.map((node) => fleet.nodes[node]?.volumeId ?? "");
    const before = volumes();
    const random = randomOf(killSeed);
    await servedAllTheWhile(async () => {
      let ended = 0;
      for (let round = 1; round <= kills; round++) {
        await fleet.stack.write(file(round % 4 < 2 ? other() : current));
        const { code } = await fleet.stack.upKilledAfter(5_000 + random() * 55_000);
        if (code === 0) ended += 1;
      }
      process.stdout.write(`      seed ${killSeed}: ${kills - ended} of ${kills} updates were killed before their end\n`);
      assert.ok(ended < kills, "none was killed");
      await fleet.up(file((current = other())));
    });
    assert.deepEqual(await running(), all(current));
    assert.deepEqual(volumes(), before);
    assert.deepEqual(await fleet.stack.plan(), []);
  });

  it("comes to one group by `coinfleet rollout`, first node first, and to no other", async () => {
    const [before, wanted] = [current, other()];
    await fleet.stack.write(file(wanted));
    const rollout = (...flags: readonly string[]): Promise<Run> => fleet.stack.coinfleet(["rollout", "litecoin", "-e", "test", ...flags]);
    const unreviewed = await rollout("--release", "9.9.9-debian");
    assert.equal(unreviewed.code, 1);
    assert.match(unreviewed.stderr, /OtherRelease/);
    const dry = await rollout("--dry-run");
    assert.equal(dry.code, 0, dry.stderr);
    assert.match(dry.stdout, /update aws:ssm\/parameter:Parameter litecoin-2-parameters-release/);
    assert.doesNotMatch(dry.stdout, / second-/);
    assert.deepEqual(await running(), all(before));
    const first = await rollout("--pause-after-canary");
    assert.equal(first.code, 0, first.stdout + first.stderr);
    assert.match(first.stdout, /paused after litecoin-1/);
    assert.deepEqual(await running(), ids([wanted, before, before], before));
    const rest = await rollout("--release", `${wanted}-debian`);
    assert.equal(rest.code, 0, rest.stdout + rest.stderr);
    assert.deepEqual(await running(), ids([wanted, wanted, wanted], before));
    assert.match((await rollout()).stdout, /is what its stack file says/);
    await fleet.up(file((current = wanted)));
  });

  it("that is announced for a height is taken by all nodes of a group by themselves, and the stack file follows", async () => {
    const { probe } = await fleet.agent("litecoin-1");
    const atHeight = (probe?.height ?? 0) + 6;
    const before = await starts(...nodes);
    const upgrade = { soakMinutes: 0.5, limitMinutes: 2, next: { release: { litecoind: badVersion }, atHeight } };
    await fleet.up(file(current, current, { upgrade }));
    assert.deepEqual(await starts(...nodes), before);
    const images = await Promise.all(
      nodes.slice(0, 3).map((node) => fleet.onHost(node, "docker ps --all --quiet --filter label=coinfleet.next")),
    );
    assert.ok(!images.includes(""), "its image is not there before");
    const taken = ids([badVersion, badVersion, badVersion], current);
    // What is chosen is not started yet: the old one has time to stop.
    const areRestarted = async (): Promise<boolean> => {
      const now = await starts(...nodes).catch(() => before);
      return now.slice(0, 3).every((started, index) => started !== before[index]);
    };
    await fleet.until("the release to be taken", 900, async () =>
      (await areRestarted()) && (await running()).join() === taken.join() ? true : undefined,
    );
    await synced(...nodes);
    const since = await starts(...nodes);
    assert.deepEqual(since.slice(3), before.slice(3));
    assert.deepEqual(await fleet.stack.plan(), []);
    await fleet.up(file(badVersion, current));
    assert.deepEqual(await starts(...nodes), since);
    assert.deepEqual(await running(), taken);
  });

  it("that corrupts its data leaves the first node out of service, and `coinfleet replace` brings it back beside its siblings", async () => {
    const before = await starts("litecoin-2", "litecoin-3");
    await release(bad.corrupting);
    let said = "";
    await servedAllTheWhile(async () => void (said = await refused(file(badVersion, current))));
    assert.match(said, /HeldOutOfService: litecoin-1 runs neither/);
    assert.match(said, /litecoin-1 is stopped and out of service until the next update/);
    assert.deepEqual(await starts("litecoin-2", "litecoin-3"), before);
    const [, command = ""] =
      /`coinfleet (replace litecoin-1 --environment test --snapshot snap-[0-9a-f]+)`/.exec(said) ?? assert.fail(said);
    promoted = {};
    await fleet.stack.write(file(current, current));
    await servedAllTheWhile(async () => {
      const { code, stdout, stderr } = await fleet.stack.coinfleet(command.split(" "));
      assert.equal(code, 0, stdout + stderr);
    });
    await synced("litecoin-1");
    assert.deepEqual(await starts("litecoin-2", "litecoin-3"), before);
    const old = fleet.nodes["litecoin-1"]?.volumeId ?? assert.fail();
    await fleet.up();
    assert.deepEqual(await fleet.stack.plan(), []);
    const VolumeIds = [old, fleet.nodes["litecoin-1"]?.volumeId ?? assert.fail()];
    const { Volumes = [] } = await new EC2Client(fleet.clientSettings).send(new DescribeVolumesCommand({ VolumeIds }));
    const [kept, made] = VolumeIds.map((id) => Volumes.find(({ VolumeId }) => VolumeId === id));
    assert.deepEqual([kept?.State, made?.State, made?.SnapshotId], ["available", "in-use", command.split(" ").at(-1)]);
  });
});
