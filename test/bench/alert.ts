/**
 * `npm run bench:alert`: time from a fault to ALARM for a dead, a stuck and a forked node, in a sandbox fleet of three real hosts and daemons. The clock
 * starts when the fault begins to show on the chain, before any agent can have seen it. `BENCH_ROUNDS` says how often. The last line is JSON.
 */
import type { AlarmId } from "@coinfleet/sdk";
import { FleetUnderTest } from "../fleet/fleet-under-test.ts";
import { fleetOf } from "../fleet/stack.ts";
import { rpcCall } from "../fleet/litecoin-rpc.ts";

const rounds = Number(process.env["BENCH_ROUNDS"] ?? 2);
const goalSec = 60;
/** What is waited before a fault counts as missed. */
const limitSec = 300;
const node = "litecoin-3";
const p2p = 19444;
const group = { network: "regtest", count: 3, sources: { litecoind: "debian" }, blockEverySec: 10, instanceType: "t3.large" };
/** Scripts that anybody may spend, so that no wallet is needed. Two, because the same blocks at the same second are no fork. */
const receivers = { "litecoin-1": "2ND8PB9RrfCaAcjfjP1Y6nAgFd9zWHYX4DN", [node]: "2N2tscuZudLVA6ehHqasYR5rnS6JgKbB1Hw" } as const;

interface Fault {
  readonly name: "dead" | "stuck" | "forked";
  readonly alarm: AlarmId;
  /** What goes before, unseen. */
  prepare(): Promise<unknown>;
  cause(): Promise<unknown>;
  cure(): Promise<unknown>;
}

const fleet = await FleetUnderTest.start(`bench-alert-${process.pid}`);
try {
  await fleet.up(fleetOf({ litecoin: group }));
  const unit = await fleet.daemonUnit(node);
  const apart = { prepare: () => fleet.cut(node, p2p), cure: () => fleet.mend(node) };
  const faults: readonly Fault[] = [
    {
      name: "dead",
      alarm: "node-down",
      prepare: () => Promise.resolve(),
      cause: () => fleet.onHost(node, `systemctl stop ${unit}`),
      cure: () => fleet.onHost(node, `systemctl start ${unit}`),
    },
    { name: "stuck", alarm: "node-behind", ...apart, cause: () => mine("litecoin-1", 10) },
    // Deep enough that both chains have another settled block at the height that nodes compare.
    { name: "forked", alarm: "node-forked", ...apart, cause: () => Promise.all([mine(node, 30), mine("litecoin-1", 30)]) },
  ];
  const worst: Record<string, number> = {};
  for (let round = 1; round <= rounds; round++)
    for (const fault of faults) {
      const seconds = await measure(fault);
      process.stdout.write(`round ${round}: ${fault.name} → ${fault.alarm} after ${seconds.toFixed(1)} s\n`);
      worst[`${fault.name}Sec`] = Math.max(worst[`${fault.name}Sec`] ?? 0, Number(seconds.toFixed(1)));
    }
  const met = Object.values(worst).every((seconds) => seconds <= goalSec);
  process.stdout.write(`${JSON.stringify({ bench: "alert", ...worst, rounds, goal: `≤ ${goalSec} s each`, met })}\n`);
  if (!met) process.exitCode = 1;
} finally {
  await fleet.remove();
}

async function measure({ name, alarm, prepare, cause, cure }: Fault): Promise<number> {
  for (const each of Object.keys(fleet.nodes)) await fleet.untilAgent(each, "synced", ({ isSynced }) => isSynced, limitSec);
  await fleet.untilAlarm(node, alarm, "OK", limitSec);
  await prepare();
  const started = Date.now();
  await cause();
  await fleet.untilAlarm(node, alarm, "ALARM", limitSec);
  const seconds = (Date.now() - started) / 1000;
  // An alarm for the right reason: the agent that can speak says the same.
  if (name !== "dead") await fleet.untilAgent(node, name, ({ state }) => state === (name === "stuck" ? "behind" : "forked"));
  await cure();
  return seconds;
}

/** Makes blocks on one node's own chain. */
async function mine(on: keyof typeof receivers, count: number): Promise<void> {
  await fleet.onHost(on, `${rpcCall("generatetoaddress", count, receivers[on])} --fail`);
}
