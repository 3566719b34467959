import assert from "node:assert/strict";
import { DescribeVolumesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { GetAutomationExecutionCommand, SSMClient, StartAutomationExecutionCommand } from "@aws-sdk/client-ssm";
import type { FleetUnderTest } from "./fleet-under-test.ts";
import { rpcCall, rpcPassword } from "./litecoin-rpc.ts";

const data = "/var/lib/coinfleet/data";
// The agent's patience without peers, and until it asks again after a refusal.
const [patienceSec, askAgainSec] = [180, 60];

/** What is done to nodes without a person, and how a person keeps it away; on real hosts and daemons. */
export function describeHealing(fleetUnderTest: () => FleetUnderTest): void {
  describe("healing itself", () => {
    let fleet: FleetUnderTest;
    before(() => void (fleet = fleetUnderTest()));

    /** What the command line says. @throws with what it says when it fails */
    async function coinfleet(...args: readonly string[]): Promise<string> {
      const { code, stdout, stderr } = await fleet.stack.coinfleet(args);
      if (code !== 0) throw new Error(`coinfleet ${args.join(" ")} ended with ${code}:\n${stdout}\n${stderr}`);
      return stdout + stderr;
    }

    const call = (node: string, method: string, ...params: readonly unknown[]): Promise<string> =>
      fleet.onHost(node, rpcCall(method, ...params));
    const startOf = (node: string): Promise<string> => fleet.onHost(node, "docker inspect --format '{{.State.StartedAt}}' litecoind");

    it("does not restart a node that has lost its peers while an operator holds it, and does when it is released", async () => {
      await fleet.untilAgent("litecoin-2", "synced", ({ isSynced }) => isSynced, 300);
      const before = await startOf("litecoin-2");
      assert.match(await coinfleet("hold", "litecoin-2", "--reason", "looking at it"), /litecoin-2 of test is held by .*: looking at it/);
      assert.match(await coinfleet("status"), /HELD BY[^]*litecoin-2 .*looking at it/);
      // Its sibling has no other peer, and would be restarted in vain.
      await coinfleet("hold", "litecoin-1", "--reason", "its sibling is the one");
      // Only a start of the daemon undoes it.
      await call("litecoin-2", "setnetworkactive", false);
      await fleet.untilAgent("litecoin-2", "without peers", ({ state }) => state === "no-peers");
      const said = "needs a restart and may not have one.*holds the node: looking at it";
      await fleet.until("the agent to be refused", patienceSec + 120, async () => {
        const lines = await coinfleet("logs", "litecoin-2", "--daemon", "agent", "--since", "10m");
        return new RegExp(said).test(lines) ? true : undefined;
      });
      assert.equal(await startOf("litecoin-2"), before);
      await coinfleet("release", "litecoin-2");
      const started = Date.now();
      await fleet.until("a restart", askAgainSec + 60, async () =>
        (await startOf("litecoin-2").catch(() => before)) !== before ? true : undefined,
      );
      await fleet.untilAgent("litecoin-2", "synced", ({ isSynced }) => isSynced, 180);
      process.stdout.write(`      synced again ${((Date.now() - started) / 1000).toFixed(0)} s after the release\n`);
      assert.match(
        await coinfleet("explain", "node-has-no-peers", "--node", "litecoin-2"),
        /restart by agent of litecoin-2: without peers for \d+ s/,
      );
    });

    it("gives the group back when the node is well", async () => {
      await fleet.until("no lock", 60, async () => (/GROUP IN WORK/.test(await coinfleet("status")) ? undefined : true));
    });

    it("restarts a node at an operator's word, and waits until it is synced again", async () => {
      const before = await startOf("litecoin-1");
      assert.match(await coinfleet("restart", "litecoin-1", "--reason", "a test"), /litecoin-1: restarted; synced/);
      assert.notEqual(await startOf("litecoin-1"), before);
    });

    it("gives both nodes a new password, one after the other, and forgets the old one", async () => {
      const passwordOf = (node: string): Promise<string> => fleet.onHost(node, rpcPassword);
      const status = (node: string, password: string): Promise<string> =>
        fleet.onHost(
          node,
          `curl -s -o /dev/null -w '%{http_code}' -u coinfleet:${password} -d '{"method":"getblockcount"}' http://127.0.0.1:19443/`,
        );
      const old = await passwordOf("litecoin-1");
      const said = await coinfleet("secret", "rotate", "litecoin", "-e", "test");
      const now = await passwordOf("litecoin-1");
      assert.notEqual(now, old);
      for (const node of ["litecoin-1", "litecoin-2"]) {
        assert.equal(await passwordOf(node), now);
        assert.deepEqual([await status(node, now), await status(node, old)], ["200", "401"]);
        await fleet.untilAgent(node, "synced", ({ isSynced }) => isSynced);
      }
      assert.equal(said.includes(now), false);
      assert.deepEqual(await fleet.stack.plan(), []);
    });

    it("grows a volume that fills, and its file system with it while the daemon runs, and the next plan is empty", async () => {
      const volumeId = fleet.nodes["litecoin-2"]?.volumeId ?? "";
      const ec2 = new EC2Client(fleet.clientSettings);
      const sizeGiB = async (): Promise<number | undefined> =>
        (await ec2.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] }))).Volumes?.[0]?.Size;
      const room = async (): Promise<number> => Number(await fleet.onHost("litecoin-2", `stat -f -c '%b' ${data}`));
      const [before, daemon] = [await room(), await startOf("litecoin-2")];
      assert.equal(await sizeGiB(), 2);
      await fleet.onHost("litecoin-2", `fallocate -l 1700M ${data}/litecoind/filler`);
      try {
        await fleet.until(
          "the metric",
          60,
          async () => ((await fleet.metric("litecoin-2", "DataVolumeUsedPercent", 60))[0] ?? 0) >= 80 || undefined,
        );
        const started = Date.now();
        // What the rule does each ten minutes.
        assert.deepEqual(await grow(), { grown: { "litecoin-2": 3 }, refused: {} });
        await fleet.until("a larger file system", 180, async () => (await room()) > before * 1.4 || undefined);
        process.stdout.write(`      from the grower's start to the larger file system: ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
        assert.equal(await sizeGiB(), 3);
        assert.equal(await startOf("litecoin-2"), daemon);
        assert.deepEqual(await fleet.stack.plan(), []);
      } finally {
        await fleet.onHost("litecoin-2", `rm -f ${data}/litecoind/filler`);
      }
    });

    async function grow(): Promise<unknown> {
      const ssm = new SSMClient(fleet.clientSettings);
      const { AutomationExecutionId } = await ssm.send(new StartAutomationExecutionCommand({ DocumentName: "coinfleet-test-grower" }));
      const ended = await fleet.until("the grower", 120, async () => {
        const { AutomationExecution: one } = await ssm.send(new GetAutomationExecutionCommand({ AutomationExecutionId }));
        return one?.AutomationExecutionStatus === "InProgress" ? undefined : one;
      });
      const [step] = ended.StepExecutions ?? [];
      assert.equal(ended.AutomationExecutionStatus, "Success", step?.FailureMessage);
      return JSON.parse(step?.Outputs?.["Payload"]?.[0] ?? "");
    }
  });
}
