import { at, isText } from "@coinfleet/policy";
import type { Change, ResourceState } from "./engine-events.ts";

/** Resource types that verdicts are about. */
export const type = {
  alarm: "aws:cloudwatch/metricAlarm:MetricAlarm",
  attachment: "aws:ec2/volumeAttachment:VolumeAttachment",
  command: "command:local:Command",
  egress: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
  ingress: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  instance: "aws:ec2/instance:Instance",
  key: "aws:kms/key:Key",
  parameter: "aws:ssm/parameter:Parameter",
  role: "aws:iam/role:Role",
  rolePolicy: "aws:iam/rolePolicy:RolePolicy",
  secret: "aws:secretsmanager/secret:Secret",
  volume: "aws:ebs/volume:Volume",
} as const;

const tagOf = (state: ResourceState | undefined, key: string): string | undefined => {
  const value = at(state?.inputs, "tags", key);
  return isText(value) ? value : undefined;
};

/** The group that a resource belongs to, by its tag, or by its name where it has none. */
export function groupOf(change: Pick<Change, "name" | "old" | "new">, groups: readonly string[]): string | undefined {
  const tagged = tagOf(change.new, "coinfleet:group") ?? tagOf(change.old, "coinfleet:group");
  if (tagged !== undefined) return tagged;
  const bare = change.name.replace(/^(agent|dashboards)-/, "");
  return [...groups].sort((one, other) => other.length - one.length).find((group) => bare === group || bare.startsWith(`${group}-`));
}

/** The node that a resource belongs to. */
export function nodeOf(change: Pick<Change, "name" | "old" | "new">): string | undefined {
  return (
    tagOf(change.new, "coinfleet:node") ??
    tagOf(change.old, "coinfleet:node") ??
    /^(.+-\d+)-(?:gate|detach|attachment|host|record)$/.exec(change.name)?.[1]
  );
}

/** `1 node`, `2 nodes`. */
export function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? "" : "s"}`;
}

/** `a`, `a and b`, `a, b and 3 more`. */
export function list(names: readonly string[], most = 6): string {
  const shown = names.length > most ? [...names.slice(0, most), `${names.length - most} more`] : names;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/** The name that a thing has outside of the program: two resources with the same are the same thing. */
export function outsideName(state: ResourceState | undefined): string | undefined {
  const name = state?.inputs["name"] ?? state?.inputs["dashboardName"] ?? at(state?.inputs, "tags", "Name");
  return isText(name) ? name : undefined;
}
