import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { logArguments } from "@coinfleet/host";
import type { StackFile } from "../engine/support.ts";
import { GelfServer } from "../support/gelf-server.ts";
import type { FleetUnderTest } from "./fleet-under-test.ts";
import { withFleet } from "./stack.ts";

const node = "litecoin-2";
const daemon = "litecoind";

/** Where the daemons' lines go. Does not prove what CloudWatch or Graylog themselves do with them. */
export function describeLogs(fleetUnderTest: () => FleetUnderTest, file: () => StackFile): void {
  describe("logs", () => {
    let fleet: FleetUnderTest;
    let server: GelfServer | undefined;
    before(() => void (fleet = fleetUnderTest()));
    after(() => server?.stop());

    /** Lets a container say something, on its way as these arguments of `docker run` say. */
    async function say(logging: readonly string[], script: string): Promise<void> {
      const image = await fleet.onHost(node, `docker inspect --format '{{.Config.Image}}' ${daemon}`);
      await fleet.onHost(
        node,
        `docker run --rm --network none --entrypoint /bin/sh ${logging.join(" ")} ${image} -c '${script}' >/dev/null`,
      );
    }

    /** The arguments that a daemon really runs with, but for its name. */
    async function loggingOfDaemon(): Promise<readonly string[]> {
      const words = await fleet.onHost(node, `jq -r '.daemons[0].arguments[]' /run/coinfleet/config.json`);
      return words.split("\n").filter((word, index, all) => word.startsWith("--log-") || all[index - 1]?.startsWith("--log-"));
    }

    it("raise an alarm in CloudWatch for a damaged database, and for nothing else", async () => {
      const logging = await loggingOfDaemon();
      await say(logging, "echo all is well");
      assert.deepEqual(
        (await fleet.ringing()).filter((name) => name.includes("-log-")),
        [],
      );
      await say(logging, "echo Corruption: block checksum mismatch");
      await fleet.until("the alarm", 180, async () =>
        (await fleet.ringing()).includes("coinfleet-test-litecoin-log-database-corruption") ? true : undefined,
      );
      assert.deepEqual(
        (await fleet.ringing()).filter((name) => name.includes("-log-")),
        ["coinfleet-test-litecoin-log-database-corruption"],
      );
    });

    it("reach a GELF input over UDP from docker itself, long ones in chunks", async () => {
      const port = 12_301;
      const udp = await GelfServer.start(fleet.outerAddress, port);
      try {
        const url = `udp://${fleet.outerAddress}:${port}`;
        await say(
          logArguments({ kind: "gelf", url }, "eu-central-1", node, daemon),
          'echo short; head -c 12000 /dev/urandom | od -An -tx1 | tr -d "\\n "',
        );
        const messages = await fleet.until("both lines", 30, () => Promise.resolve(udp.messages.length >= 2 ? udp.messages : undefined));
        assert.deepEqual([udp.refused, messages[0]?.short_message, messages[0]?.["_tag"]], [[], "short", `${node}/${daemon}`]);
        assert.ok(udp.chunkedMessages >= 1);
      } finally {
        await udp.stop();
      }
    });

    it("reach a GELF input over TCP after its stack file names one, and none is lost when it restarts", async () => {
      const port = 12_302;
      server = await GelfServer.start(fleet.outerAddress, port);
      await fleet.up(withFleet(file(), { logs: { retentionDays: 1, gelf: `tcp://${fleet.outerAddress}:${port}` } }));
      const all = [server];
      const texts = (): ReadonlySet<string> => new Set(all.flatMap((one) => one.messages.map((each) => each.short_message)));
      for (const name of Object.keys(fleet.nodes))
        await fleet.until(`a daemon's line of ${name}`, 60, () =>
          Promise.resolve(all[0]?.messages.some((one) => one.host === name && one["_container"] !== undefined) ? true : undefined),
        );
      const lines = Array.from({ length: 400 }, (_, index) => `numbered ${index + 1}`);
      const talking = say(await loggingOfDaemon(), "n=0; while [ $n -lt 400 ]; do n=$((n + 1)); echo numbered $n; sleep 0.05; done");
      await fleet.until("the first lines", 60, () => Promise.resolve(texts().has("numbered 1") ? true : undefined));
      server.hang();
      await pause(5000);
      await server.stop();
      await pause(3000);
      server = await GelfServer.start(fleet.outerAddress, port);
      all.push(server);
      await talking;
      await fleet.until("the last line", 90, () => Promise.resolve(texts().has("numbered 400") ? true : undefined));
      assert.deepEqual(
        lines.filter((line) => !texts().has(line)),
        [],
      );
      assert.deepEqual(
        all.flatMap(({ refused }) => refused),
        [],
      );
      await fleet.onHost(node, "coinfleet-host status >/dev/null");
    });
  });
}
