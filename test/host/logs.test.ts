import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { GelfServer } from "../support/gelf-server.ts";
import { HostRoot, skipUnlessRoot } from "./host-root.ts";

const port = 22_000 + (process.pid % 10_000);
const address = "127.0.0.1";

/** Stands for the journal's reader: entries are lines of a file, and a cursor is how many there were. */
const fakeJournal = `#!/bin/bash
from=1
for word in "$@"; do
  case $word in --after-cursor=c*) from=$((\${word#--after-cursor=c} + 1)) ;; esac
done
exec tail -n "+$from" -f /run/journal
`;

describe("the forwarder of a host's journal", function () {
  this.timeout(90_000);
  let host: HostRoot;
  let forwarder: ChildProcess | undefined;
  let entries: number;
  const servers: GelfServer[] = [];

  before(skipUnlessRoot);

  beforeEach(() => {
    host = new HostRoot();
    entries = 0;
    host.write("usr/local/bin/journalctl", fakeJournal, 0o755);
    host.write("run/journal", "");
    const logs = { host: address, port, alarms: { "log-database-corruption": ["Corruption:"], "log-of-coin": ["BAD BLOCK"] } };
    const node = { environment: "test", group: "oak", node: "oak-1", coin: "oak", network: "regtest" };
    host.write("run/coinfleet/config.json", JSON.stringify({ ...node, logs }));
  });

  afterEach(async () => {
    end();
    for (const server of servers.splice(0)) await server.stop();
    host.remove();
  });

  function end(): void {
    if (forwarder?.pid !== undefined) process.kill(-forwarder.pid, "SIGKILL");
    forwarder = undefined;
  }

  /** As the service manager does, but sooner. */
  function begin(): void {
    forwarder = host.start("while :; do /usr/lib/coinfleet/forward-logs; sleep 0.3; done");
  }

  async function serve(): Promise<GelfServer> {
    const server = await GelfServer.start(address, port);
    servers.push(server);
    return server;
  }

  const stop = async (server: GelfServer): Promise<void> => {
    servers.splice(servers.indexOf(server), 1);
    await server.stop();
  };

  function write(...messages: readonly unknown[]): void {
    const lines = messages.map((MESSAGE) =>
      JSON.stringify({
        MESSAGE,
        __CURSOR: `c${++entries}`,
        __REALTIME_TIMESTAMP: "1800000000123456",
        PRIORITY: "4",
        CONTAINER_NAME: "oakd",
        _SYSTEMD_UNIT: "docker.service",
      }),
    );
    appendFileSync(join(host.directory, "run/journal"), lines.map((line) => `${line}\n`).join(""));
  }

  const texts = (of: readonly GelfServer[]): ReadonlySet<string> =>
    new Set(of.flatMap((one) => one.messages.map((each) => each.short_message)));

  async function until(what: string, holds: () => boolean, limitSec = 30): Promise<void> {
    for (let tries = 0; tries < limitSec * 10; tries++, await pause(100)) if (holds()) return;
    assert.fail(`not within ${limitSec} s: ${what}; ${JSON.stringify(host.read("run/coinfleet/status/logs.json"))}`);
  }

  const numbered = Array.from({ length: 2000 }, (_, index) => `line ${index}`);

  /** Writes lines while the server hangs, is killed, comes back, and is killed again; resolves to those that no server has read. */
  async function lostInRestarts(whileItHangs: (server: GelfServer) => Promise<void>): Promise<readonly string[]> {
    const first = await serve();
    begin();
    let at = 0;
    const writer = setInterval(() => write(...numbered.slice(at, (at += 10))), 50);
    try {
      await until("the first lines have arrived", () => first.messages.length > 0);
      first.hang();
      await whileItHangs(first);
      await stop(first);
      await pause(1000);
      const second = await serve();
      await until("lines have arrived again", () => second.messages.length > 0);
      await stop(second);
      const third = await serve();
      await until("everything is written", () => at >= numbered.length);
      write("the end");
      await until("the end has arrived", () => texts([third]).has("the end"));
      return numbered.filter((line) => !texts([first, second, third]).has(line));
    } finally {
      clearInterval(writer);
    }
  }

  it("loses no line when the server hangs and is killed", async () => {
    assert.deepEqual(await lostInRestarts(() => pause(3000)), []);
  });

  it("would lose lines if it took what has arrived for what was read", async () => {
    const script = readFileSync(join(host.directory, "upper/usr/lib/coinfleet/forward-logs"), "utf8");
    host.write("usr/lib/coinfleet/forward-logs", script.replace("keep=30", "keep=-1"), 0o755);
    const remembered = (): number => Number(host.read("var/logs.cursor")?.slice(1) ?? 0);
    const lost = await lostInRestarts((server) => until("it takes them for read", () => remembered() > server.messages.length));
    assert.notEqual(lost.length, 0);
  });

  it("goes on where it was when it is killed, and does not begin anew", async () => {
    const server = await serve();
    begin();
    write("first");
    await until("sent", () => texts([server]).has("first"));
    writeFileSync(join(host.directory, "var/logs.cursor"), "c1\n");
    end();
    write("second");
    server.messages.length = 0;
    begin();
    await until("sent", () => texts([server]).has("second"));
    assert.deepEqual([...texts([server])], ["second"]);
  });

  it("remembers what has arrived, half a minute later", async () => {
    await serve();
    begin();
    write("one", "two");
    await until("remembered", () => host.read("var/logs.cursor") === "c2\n", 45);
  });

  it("says in GELF what a line is, whose it is, and whether it is one of alarm", async () => {
    const server = await serve();
    begin();
    const long = "x".repeat(20_000);
    write("Blöck 7\nü", [66, 65, 68, 32, 66, 76, 79, 67, 75, 255], long, "", null, ["one", "two"], "Corruption: block checksum mismatch");
    await until("sent", () => server.messages.length + server.refused.length >= 7);
    assert.deepEqual(server.refused, []);
    assert.deepEqual(
      server.messages.map((one) => [one.short_message, one["_alarm"]]),
      [
        ["Blöck 7\nü", undefined],
        ["BAD BLOCKÿ", "log-of-coin"],
        [long, undefined],
        ["-", undefined],
        ["-", undefined],
        ["one two", undefined],
        ["Corruption: block checksum mismatch", "log-database-corruption"],
      ],
    );
    assert.deepEqual(server.messages[0], {
      version: "1.1",
      host: "oak-1",
      short_message: "Blöck 7\nü",
      timestamp: 1_800_000_000.123456,
      level: 4,
      _environment: "test",
      _group: "oak",
      _coin: "oak",
      _network: "regtest",
      _container: "oakd",
      _unit: "docker.service",
    });
  });

  it("says that it waits while there is no server, and that it is done when there is one", async () => {
    begin();
    await until("waits", () => /"waiting"[^]*cannot be reached/.test(host.read("run/coinfleet/status/logs.json") ?? ""));
    const server = await serve();
    write("late");
    await until("sent", () => texts([server]).has("late"));
    assert.match(host.read("run/coinfleet/status/logs.json") ?? "", /"done"/);
  });

  it("has nothing to do where docker sends the lines itself", () => {
    host.write("run/coinfleet/config.json", JSON.stringify({ node: "oak-1" }));
    const { code, output } = host.run("/usr/lib/coinfleet/forward-logs");
    assert.equal(code, 0, output);
    assert.match(output, /logs: done: docker sends/);
  });
});
