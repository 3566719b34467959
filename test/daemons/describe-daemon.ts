import assert from "node:assert/strict";
import type { AgentStatus, Network } from "@coinfleet/sdk";
import { z } from "zod";
import { coins } from "../../coins/index.ts";
import type { FleetUnderTest } from "../fleet/fleet-under-test.ts";

/** A group of the fleet under test: its last node is looked at. */
export interface DaemonGroup {
  readonly network: string;
  readonly count: number;
  /** The one client, and the source that it is from. */
  readonly sources: Readonly<Record<string, string>>;
  /**
   * Whether its private chain has a block of now. One that makes a block for a signed transaction only, or counts time from its first block on, is found
   * stalled when it is well: it counts as up when it answers. @default true
   */
  readonly hasRecentBlocks?: boolean;
  /** Its client keeps nothing of a private network, and begins another chain at each start. @default true */
  readonly keepsData?: boolean;
  /** What hears no signal is killed at the end of its time, and ends with 137. @default 0 */
  readonly exitCode?: 0 | 137;
}

const configuration = z.object({ daemons: z.array(z.object({ name: z.string(), stopTimeoutSec: z.number() })).length(1) });

/** Declares the tests of a daemon on its private network: it syncs, falls behind and catches up, stops in time, and starts again with its data. */
export function describeDaemon(
  fleet: () => FleetUnderTest,
  coin: string,
  { network, count, sources, hasRecentBlocks = true, keepsData = true, exitCode = 0 }: DaemonGroup,
): void {
  const [[client, source] = []] = Object.entries(sources);
  const node = `${coin}-${count}`;
  describe(`${client} of the source "${source}", on ${network} of ${coin}`, () => {
    const height = ({ probe }: AgentStatus): number => probe?.height ?? -1;
    const well = (limitSec?: number): Promise<AgentStatus> =>
      hasRecentBlocks ? fleet().untilAgent(node, "synced", ({ isSynced }) => isSynced, limitSec) : alive();
    /** The node's first answer after its daemon has started. */
    const alive = (): Promise<AgentStatus> => fleet().untilAgent(node, "an answer", ({ probe }) => probe !== undefined);

    /** Stops the daemon as its unit does. @returns what the host says of it */
    async function stop(unit: string): Promise<{ readonly seconds: number; readonly limitSec: number; readonly ended: string }> {
      const [daemon] = configuration.parse(JSON.parse(await fleet().onHost(node, "cat /run/coinfleet/config.json"))).daemons;
      assert.ok(daemon);
      const started = Date.now();
      await fleet().onHost(node, `systemctl stop ${unit}`);
      const seconds = (Date.now() - started) / 1000;
      return { seconds, limitSec: daemon.stopTimeoutSec, ended: await fleet().onHost(node, `cat /run/coinfleet/ended.${daemon.name}`) };
    }

    it(`runs what the plugin says, and ${hasRecentBlocks ? "is synced" : "answers its sync check"}`, async () => {
      await well(300);
      assert.match(await fleet().onHost(node, "jq -r .release /run/coinfleet/release.json"), new RegExp(`-${source}$`));
    });

    it(`is seen when it is gone, stops within its time, and ${keepsData ? "has its data" : "begins again"} when it is back`, async () => {
      const before = height(await well());
      const unit = await fleet().daemonUnit(node);
      if (count > 1) await fleet().cut(node, peerPort(coin, network));
      try {
        const { seconds, limitSec, ended } = await stop(unit);
        process.stdout.write(`        stopped in ${seconds.toFixed(1)} s of ${limitSec} s: ${ended}\n`);
        assert.match(ended, new RegExp(`ended with code ${exitCode}$`));
        const killingSec = 5;
        assert.ok(seconds < (exitCode === 0 ? limitSec : limitSec + killingSec));
        await fleet().untilAgent(node, "not synced, and without a height", ({ isSynced, probe }) => !isSynced && probe === undefined);
        await fleet().onHost(node, `systemctl start ${unit}`);
        const after = height(await alive());
        assert.ok(after >= before || !keepsData, `${after} after the start, ${before} before`);
      } finally {
        if (count > 1) await fleet().mend(node);
      }
      await well(300);
    });

    if (count > 1)
      it("falls behind without peers, is seen to, and catches up", async () => {
        await well();
        await fleet().cut(node, peerPort(coin, network));
        let behind: AgentStatus;
        try {
          behind = await fleet().untilAgent(node, "behind", ({ blocksBehind = 0, isSynced }) => blocksBehind > 0 && !isSynced, 300);
        } finally {
          await fleet().mend(node);
        }
        const back = await well(300);
        assert.ok(height(back) >= height(behind) + (behind.blocksBehind ?? 0));
      });
  });
}

function peerPort(coin: string, network: string): number {
  const networks: Readonly<Record<string, Network>> = coins[coin]?.networks ?? {};
  return networks[network]?.ports["p2p"]?.port ?? assert.fail(`${coin} has no port for peers on ${network}`);
}
