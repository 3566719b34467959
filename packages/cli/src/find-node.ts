import { EC2Client } from "@aws-sdk/client-ec2";
import { awsSettings } from "./aws-call.ts";
import { CliError } from "./cli-error.ts";
import { findNodes, type FleetNode } from "./fleet-nodes.ts";

/** A node as people name it. */
export interface NodeName {
  readonly node: string;
  /** Needed where several environments have such a node. */
  readonly environment?: string | undefined;
  readonly region?: string | undefined;
}

/** The one node of this name. @throws {@link CliError} where there is none, or one in several environments */
export async function findOne({ node, environment, region }: NodeName): Promise<FleetNode> {
  const ec2 = new EC2Client(awsSettings(region));
  const found = await findNodes(ec2, { node, environment });
  const [only, other] = found;
  if (only !== undefined && other === undefined) return only;
  const fleet = found.length > 0 ? found : await findNodes(ec2, { environment });
  throw new CliError("NodeNotFound", {
    title: only === undefined ? "No such node." : "Several environments have this node.",
    where: `${environment ?? "all environments"}, ${await ec2.config.region()}`,
    got: node,
    allowed: fleet.map((one) => (only === undefined ? one.node : one.environment)).join(", ") || "no nodes at all",
    fix: only === undefined ? "Write a node's name as `coinfleet status` shows it." : "Name one with --environment.",
    state: "Nothing has been changed.",
  });
}
