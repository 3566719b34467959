import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { coins } from "../../coins/index.ts";
import { output, run } from "./process.ts";

/** What `coinfleet status --json` says of a node, as far as this file reads it. */
const nodeSchema = z.object({
  node: z.string(),
  group: z.string(),
  coin: z.string(),
  network: z.string().optional(),
  instanceId: z.string(),
  state: z.string(),
  why: z.string().optional(),
  height: z.number().optional(),
  tipAgeSec: z.number().optional(),
});

const statusSchema = z.object({ nodes: z.array(nodeSchema) });

/** A node as the status command sees it. */
export type NodeRow = z.infer<typeof nodeSchema>;

const limitMs = 10 * 60_000;
const everyMs = 5_000;

async function readNodes(env: NodeJS.ProcessEnv): Promise<NodeRow[]> {
  return statusSchema.parse(JSON.parse(await output("coinfleet", ["status", "--json"], env))).nodes;
}

/** Whether every node is synced. */
export const fleetIsUp = (nodes: readonly NodeRow[]): boolean => nodes.length > 0 && nodes.every(({ state }) => state === "Synced");

/**
 * Waits until every node is synced and has a block that was made since the given moment, or the time is up. Says what it waits for. A block that arrives
 * meanwhile counts whatever its header says: dcrd writes into it when its predecessor was made.
 */
export async function waitForFleet(env: NodeJS.ProcessEnv, sinceMs: number): Promise<NodeRow[]> {
  const deadline = Date.now() + limitMs;
  const firstHeights = new Map<string, number>();
  for (let told = ""; ; await sleep(everyMs)) {
    const nodes = await readNodes(env);
    for (const { node, height } of nodes) if (height !== undefined && !firstHeights.has(node)) firstHeights.set(node, height);
    const hasGrown = ({ node, height = 0, tipAgeSec }: NodeRow): boolean =>
      height > (firstHeights.get(node) ?? height) || (height > 0 && tipAgeSec !== undefined && Date.now() - tipAgeSec * 1000 > sinceMs);
    const waiting = nodes.filter((row) => row.state !== "Synced" || !hasGrown(row));
    if (nodes.length > 0 && waiting.length === 0) return nodes;
    if (Date.now() > deadline) return nodes;
    const text = waiting.map((row) => `${row.node} ${row.state === "Synced" ? "has no new block yet" : (row.why ?? row.state)}`).join(", ");
    if (text !== told)
      process.stdout.write(`  ${nodes.length - waiting.length} of ${nodes.length} synced and growing; waiting for ${text}\n`);
    told = text;
  }
}

/** The table for people. */
export async function showStatus(env: NodeJS.ProcessEnv): Promise<void> {
  process.stdout.write("\n");
  await run("coinfleet", ["status"], env);
}

function rpcPort({ coin, network }: NodeRow): number | undefined {
  const ports = coins[coin]?.networks[network ?? ""]?.ports;
  return ports?.["rpc"]?.port;
}

/** Calls the RPC port of `target` from the host of `caller`: the HTTP status of the daemon, or how it failed. */
async function call(caller: NodeRow, target: string, port: number): Promise<string> {
  const curl = "curl --silent --insecure --max-time 3 --output /dev/null --write-out '%{http_code}'";
  const script = `${curl} https://${target}:${port} || ${curl} http://${target}:${port} || true`;
  const codes = await output("packages/sandbox/bin/sandbox", ["exec", caller.instanceId, "--", "sh", "-c", script]);
  const code = codes.match(/\d{3}/g)?.at(-1) ?? "000";
  return code === "000" ? "no answer" : `the daemon answers (HTTP ${code})`;
}

/** Shows that a group's name resolves and its RPC answers inside the group, and nowhere else. */
export async function showNames(nodes: readonly NodeRow[]): Promise<void> {
  const [target, sibling] = nodes.filter(({ group }) => nodes.filter((other) => other.group === group).length > 1);
  const stranger = nodes.find(({ group }) => group !== target?.group);
  if (!target || !sibling || !stranger) return;
  const name = `node1.${target.group}.internal`;
  const port = rpcPort(target);
  if (port === undefined) return;
  const addresses = await output("packages/sandbox/bin/sandbox", ["exec", sibling.instanceId, "--", "getent", "hosts", name]);
  process.stdout.write(`  ${name} is ${addresses.split(/\s/)[0] ?? "unknown"}\n`);
  for (const caller of [sibling, stranger]) {
    const where = caller === sibling ? "same group" : "another group";
    process.stdout.write(`  RPC from ${caller.node} (${where}): ${await call(caller, name, port)}\n`);
  }
}
