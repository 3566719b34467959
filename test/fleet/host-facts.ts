import assert from "node:assert/strict";
import { z } from "zod";
import type { FleetUnderTest } from "./fleet-under-test.ts";

/** The daemons that each node runs. */
const daemonOf = { "litecoin-1": "litecoind", "monero-1": "monerod", "decred-1": "dcrd", "ethereum-1": "geth" } as const;

const container = z
  .array(
    z.object({
      State: z.object({ Running: z.literal(true) }),
      Config: z.object({ User: z.string(), Image: z.string() }),
      HostConfig: z.object({
        CapDrop: z.array(z.string()),
        CapAdd: z.array(z.string()).nullable(),
        Privileged: z.boolean(),
        ReadonlyRootfs: z.boolean(),
        Memory: z.number(),
        MemorySwap: z.number(),
        PidsLimit: z.number(),
        SecurityOpt: z.array(z.string()),
      }),
      Mounts: z.array(z.object({ Source: z.string(), Destination: z.string(), RW: z.boolean() })),
    }),
  )
  .length(1);

/** What is really on the hosts, asked of them. */
export function describeHostFacts(fleet: () => FleetUnderTest): void {
  describe("on the hosts", () => {
    for (const [node, daemon] of Object.entries(daemonOf)) {
      it(`keeps the data of ${node} on its own volume, with our file system on it`, async () => {
        const [source, type, options] = (
          await fleet().onHost(node, "findmnt -no SOURCE,FSTYPE,OPTIONS --mountpoint /var/lib/coinfleet/data")
        ).split(/\s+/);
        assert.equal(type, "xfs");
        assert.match(options ?? "", /\bnosuid\b/);
        assert.match(options ?? "", /\bnodev\b/);
        assert.equal(await fleet().onHost(node, `blkid -s LABEL -o value ${source}`), "coinfleet");
        const serial = fleet().nodes[node]?.volumeId.replace("-", "");
        assert.equal(await fleet().onHost(node, `/usr/lib/coinfleet/volume-devices ${serial}`), source);
        assert.equal(await fleet().onHost(node, `stat -c '%u:%g' /var/lib/coinfleet/data/${daemon}`), "10001:10001");
      });

      it(`runs ${daemon} of ${node} from the stack's image, confined`, async () => {
        const [facts] = container.parse(JSON.parse(await fleet().onHost(node, `docker inspect ${daemon}`)));
        assert.ok(facts);
        assert.ok(Object.values(await fleet().images()).includes(facts.Config.Image), `${facts.Config.Image} is no output of the stack`);
        assert.equal(facts.Config.User, "10001:10001");
        const { HostConfig: host } = facts;
        assert.deepEqual(host.CapDrop, ["ALL"]);
        assert.deepEqual(host.CapAdd ?? [], []);
        assert.deepEqual([host.Privileged, host.ReadonlyRootfs], [false, true]);
        assert.ok(host.SecurityOpt.some((option) => option.startsWith("no-new-privileges")));
        assert.ok(host.Memory > 0 && host.MemorySwap === host.Memory, `memory ${host.Memory}, with swap ${host.MemorySwap}`);
        assert.ok(host.PidsLimit > 0);
        assert.deepEqual(
          facts.Mounts.filter(({ RW }) => RW).map(({ Source }) => Source),
          [`/var/lib/coinfleet/data/${daemon}`],
        );
        // What the kernel was really told, not only what docker was.
        const limit = await fleet().onHost(
          node,
          // The first version of control groups calls it one thing, the second another.
          `find /sys/fs/cgroup -path "*$(docker inspect --format '{{.Id}}' ${daemon})*" '(' -name memory.max -o -name memory.limit_in_bytes ')' -exec cat {} + | head -n 1`,
        );
        assert.equal(Number(limit), host.Memory);
        assert.equal(await fleet().onHost(node, `awk '/^CapEff/ {print $2}' /proc/$(${pidOf(daemon)})/status`), "0000000000000000");
      });

      it(`bounds what the logs of ${node} take of its root disk`, async () => {
        const journal = await fleet().onHost(
          node,
          "systemd-analyze cat-config systemd/journald.conf | sed -n s/^SystemMaxUse=//p | tail -n 1",
        );
        assert.equal(journal, "1G");
        const options = await fleet().onHost(
          node,
          `docker inspect --format '{{json .HostConfig.LogConfig.Config}}' ${daemon} coinfleet-agent`,
        );
        const limits = options.split("\n").map((line) => JSON.parse(line) as Readonly<Record<string, string>>);
        assert.deepEqual(
          limits.map((one) => [one["cache-max-size"], one["cache-max-file"]]),
          [
            ["10m", "3"],
            ["10m", "3"],
          ],
        );
      });

      it(`has every step of ${node} done and its units active`, async () => {
        await fleet().onHost(node, "coinfleet-host status >/dev/null");
        const units = ["coinfleet.target", "coinfleet-firewall", "coinfleet-volume", "coinfleet-agent", "node@*"]
          .map((unit) => `'${unit}'`)
          .join(" ");
        const states = await fleet().onHost(node, `systemctl is-active ${units}`);
        assert.deepEqual([...new Set(states.split("\n"))], ["active"]);
      });
    }
  });

  const pidOf = (daemon: string): string => `docker inspect --format '{{.State.Pid}}' ${daemon}`;
}
