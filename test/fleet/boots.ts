import assert from "node:assert/strict";
import { EC2Client, RebootInstancesCommand } from "@aws-sdk/client-ec2";
import type { FleetUnderTest } from "./fleet-under-test.ts";

const node = "litecoin-2";
const boots = 10;

/** What a boot must leave behind as it found it, and make again as it was. */
const facts = `cd /run/coinfleet
coinfleet-host status --json | jq -r '.[] | "\\(.step) \\(.state)"'
systemctl list-units --plain --no-legend --all 'coinfleet*' 'node@*' | awk '{ print $1, $3, $4 }' | grep -v -e gate.service -e restart.service | sort
stat -c '%n %a %u' config.json release.json agent-image daemons/*/* agent/config.json
sha256sum config.json release.json node.wanted agent.wanted daemons/*/*
findmnt -no FSTYPE,OPTIONS --mountpoint /var/lib/coinfleet/data
blkid -s UUID -o value $(findmnt -no SOURCE --mountpoint /var/lib/coinfleet/data)
sha256sum /var/lib/coinfleet/data/.coinfleet/volume.json
docker ps --format '{{.Names}} {{.Image}}' | sort
nft --stateless list table inet coinfleet | grep -v -e timeout -e elements`;

/** Real hosts, booted again and again. */
export function describeBoots(fleetUnderTest: () => FleetUnderTest): void {
  describe(`a host that boots ${boots} times`, () => {
    it("comes to the same end each time, with the same chain", async () => {
      const fleet = fleetUnderTest();
      const client = new EC2Client(fleet.clientSettings);
      const { probe } = await fleet.untilAgent(node, "synced", ({ isSynced }) => isSynced, 300);
      const before = await fleet.onHost(node, facts);
      assert.match(before, /^node done$/m);
      let height = probe?.height ?? 0;
      for (let boot = 1; boot <= boots; boot++) {
        const id = await bootId();
        await client.send(new RebootInstancesCommand({ InstanceIds: [fleet.nodes[node]?.instanceId ?? ""] }));
        await fleet.until(`boot ${boot}`, 120, async () => ((await bootId().catch(() => id)) === id ? undefined : true));
        await fleet.until(`status of boot ${boot}`, 300, () => fleet.onHost(node, "coinfleet-host status").catch(() => undefined));
        const after = await fleet.untilAgent(node, "synced", ({ isSynced }) => isSynced, 300);
        assert.equal(await fleet.onHost(node, facts), before, `boot ${boot}`);
        assert.ok((after.probe?.height ?? 0) >= height, `boot ${boot}: height ${after.probe?.height} after ${height}`);
        height = after.probe?.height ?? 0;
      }

      /** Changes with each boot. */
      function bootId(): Promise<string> {
        return fleet.onHost(node, "stat -c %Y /proc/1");
      }
    });
  });
}
