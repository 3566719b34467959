import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import type { EC2Client, Instance } from "@aws-sdk/client-ec2";
import { calling } from "./aws-call.ts";

/** A node as EC2's tags tell it. */
export interface FleetNode {
  readonly environment: string;
  readonly group: string;
  readonly node: string;
  readonly coin: string;
  readonly zone: string;
  readonly instanceId: string;
  /** EC2's word: pending, running, stopping, stopped. */
  readonly instanceState: string;
  readonly launchedMs: number;
}

/** Which nodes to look at. */
export interface NodeFilter {
  readonly environment?: string | undefined;
  readonly node?: string | undefined;
}

const present = ["pending", "running", "stopping", "stopped"];

function toNode(instance: Instance): FleetNode | undefined {
  const tag = (key: string): string | undefined => instance.Tags?.find(({ Key }) => Key === `coinfleet:${key}`)?.Value;
  const [environment, group, node] = [tag("environment"), tag("group"), tag("node")];
  if (environment === undefined || group === undefined || node === undefined || instance.InstanceId === undefined) return undefined;
  return {
    environment,
    group,
    node,
    coin: tag("coin") ?? "?",
    zone: instance.Placement?.AvailabilityZone ?? "?",
    instanceId: instance.InstanceId,
    instanceState: instance.State?.Name ?? "unknown",
    launchedMs: instance.LaunchTime?.getTime() ?? 0,
  };
}

/** While a host is being replaced both instances carry the node's tag: the running one, else the newest, is the node. */
function preferred(a: FleetNode, b: FleetNode): FleetNode {
  if ((a.instanceState === "running") !== (b.instanceState === "running")) return a.instanceState === "running" ? a : b;
  return a.launchedMs >= b.launchedMs ? a : b;
}

/** `litecoin-2` before `litecoin-10`. */
const inOrder = (a: FleetNode, b: FleetNode): number =>
  `${a.environment}/${a.node}`.localeCompare(`${b.environment}/${b.node}`, "en", { numeric: true });

/** Every node of the account's region, by tags. */
export async function findNodes(ec2: EC2Client, filter: NodeFilter): Promise<FleetNode[]> {
  const filters = [
    { Name: "instance-state-name", Values: present },
    filter.node === undefined ? { Name: "tag-key", Values: ["coinfleet:node"] } : { Name: "tag:coinfleet:node", Values: [filter.node] },
    ...(filter.environment === undefined ? [] : [{ Name: "tag:coinfleet:environment", Values: [filter.environment] }]),
  ];
  const nodes = new Map<string, FleetNode>();
  let token: string | undefined;
  do {
    const answer = await calling(
      "ec2:DescribeInstances",
      ec2.send(new DescribeInstancesCommand({ Filters: filters, MaxResults: 1000, NextToken: token })),
    );
    for (const instance of (answer.Reservations ?? []).flatMap(({ Instances }) => Instances ?? [])) {
      const node = toNode(instance);
      if (node === undefined) continue;
      const key = `${node.environment}/${node.node}`;
      const other = nodes.get(key);
      nodes.set(key, other === undefined ? node : preferred(node, other));
    }
    token = answer.NextToken;
  } while (token !== undefined && token !== "");
  return [...nodes.values()].sort(inOrder);
}
