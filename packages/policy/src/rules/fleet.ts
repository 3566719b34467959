import { alarms, metricNamespace, type Alarm } from "@coinfleet/sdk";
import type { PlannedResource } from "../planned-resource.ts";
import type { Finding, Stack, StackRule } from "../rule.ts";
import { at, documentOf, isUnknown } from "../values.ts";
import { isWorld } from "./network.ts";

type Found = Finding & { readonly resource: string };

const ofType = ({ resources }: Stack, type: string): readonly PlannedResource[] => resources.filter((one) => one.type === type);

const instances = (stack: Stack): readonly PlannedResource[] => ofType(stack, "aws:ec2/instance:Instance");

const tagOf = ({ inputs }: PlannedResource, key: string): string | undefined => {
  const value = at(inputs, "tags", key);
  return typeof value === "string" ? value : undefined;
};

const liveness = alarms.filter((alarm) => alarm.treatMissingData === "breaching");

/** What only the stack as a whole shows: nodes, zones, alarms, ports. */
export const fleetRules: readonly StackRule[] = [
  {
    id: "group-spread-over-zones",
    severity: "high",
    asks: "The data volumes of a group of two or more nodes are in two or more zones.",
    reason: "A zone that fails must not take a coin with it.",
    standard: ["AWS Well-Architected REL10-BP01"],
    check: (stack) =>
      [...volumesByGroup(stack)].flatMap(([group, volumes]): readonly Found[] => {
        const zones = new Set(volumes.map(({ inputs }) => inputs["availabilityZone"]));
        return volumes.length > 1 && zones.size === 1
          ? [{ resource: group, what: `all ${volumes.length} nodes are in ${[...zones].join("")}` }]
          : [];
      }),
  },
  {
    id: "node-has-liveness-alarm",
    severity: "critical",
    asks: "Every node has the alarms that hear silence.",
    reason: "A node without one dies unheard.",
    standard: ["Coinfleet: silence is a fault"],
    check: (stack) =>
      nodesOf(stack).flatMap((node) =>
        liveness
          .filter((alarm) => !hasAlarm(stack, node, alarm))
          .map(({ id, metric }) => ({ resource: node, what: `it has no alarm ${id} on ${metric} that takes silence for a fault` })),
      ),
  },
  {
    id: "public-only-peers",
    severity: "critical",
    asks: "What is open to the world is a port that the coin declares for its peers, on a public network.",
    reason: "An RPC port in the open has emptied wallets.",
    standard: ["FSBP EC2.18", "FSBP EC2.19"],
    check: (stack) =>
      ofType(stack, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        .filter(({ inputs }) => isWorld(inputs["cidrIpv4"]) || isWorld(inputs["cidrIpv6"]))
        .filter((rule) => !isPeerPort(stack, rule))
        .map(({ name, inputs }) => ({
          resource: name,
          what: `port ${String(inputs["fromPort"])} is open to the world, and no coin declares it for peers`,
        })),
  },
  {
    id: "role-of-one-group",
    severity: "high",
    asks: "Each group's hosts have a role of their own.",
    reason: "A shared role gives one coin's host the secrets of another.",
    standard: ["FSBP IAM.1", "Coinfleet: one role per node group"],
    check: (stack: Stack): readonly Found[] => {
      const groups = new Map<string, Set<string>>();
      for (const host of instances(stack)) {
        const profile = host.inputs["iamInstanceProfile"];
        if (typeof profile !== "string" || isUnknown(profile)) continue;
        groups.set(profile, (groups.get(profile) ?? new Set()).add(tagOf(host, "coinfleet:group") ?? "no group"));
      }
      return [...groups]
        .filter(([, of]) => of.size > 1)
        .map(([profile, of]) => ({ resource: profile, what: `${[...of].join(", ")} share it` }));
    },
  },
  {
    id: "instance-image-ours",
    severity: "high",
    asks: "Hosts run the machine image that the stack file pins, or that this program builds from an image of Amazon's or Debian's.",
    reason: "Anybody may publish an image under any name.",
    standard: ["AWS EC2 guide: verified AMI owners"],
    check: (stack: Stack): readonly Found[] => {
      const { machineImage } = stack.config.spec;
      if ("ids" in machineImage) {
        const pinned: readonly unknown[] = Object.values(machineImage.ids);
        return instances(stack)
          .filter(({ inputs }) => !pinned.includes(inputs["ami"]) && !isUnknown(inputs["ami"]))
          .map(({ name, inputs }) => ({ resource: name, what: `${String(inputs["ami"])} is not the image that the stack file pins` }));
      }
      const { owner } = machineImage.source;
      return trustedOwners.has(owner)
        ? []
        : [{ resource: "machine image", what: `it is built from an image of account ${owner}, which we do not know` }];
    },
  },
  {
    id: "repository-expires",
    severity: "low",
    asks: "Every repository forgets old images.",
    reason: "Images that nobody runs cost money and are never scanned again.",
    standard: ["FSBP ECR.3"],
    check: (stack: Stack): readonly Found[] => {
      const kept = ofType(stack, "aws:ecr/lifecyclePolicy:LifecyclePolicy").length;
      const all = ofType(stack, "aws:ecr/repository:Repository").length;
      return kept >= all ? [] : [{ resource: "repositories", what: `${all - kept} of ${all} keep every image for ever` }];
    },
  },
  {
    id: "volume-has-backup",
    severity: "high",
    asks: "Every data volume is matched by an enabled snapshot policy, with a copy in another region.",
    reason: "An initial sync takes days to weeks, and a region can be away for longer than a customer waits.",
    standard: ["Security Hub EC2.28", "Coinfleet: cross-region copies"],
    check: (stack: Stack): readonly Found[] => {
      const policies = ofType(stack, "aws:dlm/lifecyclePolicy:LifecyclePolicy");
      return ofType(stack, "aws:ebs/volume:Volume")
        .map((volume) => ({ volume, matching: policies.filter((policy) => takesSnapshots(policy, volume)) }))
        .filter(({ matching }) => !matching.some(copiesAbroad))
        .map(({ volume: { name }, matching }) => ({
          resource: name,
          what: matching.length === 0 ? "no enabled snapshot policy matches its tags" : "its snapshots are not copied to another region",
        }));
    },
  },
  ...regionRules(),
];

/** Accounts whose machine images we build from: Amazon (and its alias) and Debian. */
const trustedOwners: ReadonlySet<string> = new Set(["amazon", "137112412989", "136693071363"]);

/** Settings of the region that must be there once. */
function regionRules(): readonly StackRule[] {
  const once = (
    id: string,
    type: string,
    isRight: (one: PlannedResource) => boolean,
    text: Pick<StackRule, "asks" | "reason" | "standard">,
  ): StackRule => ({
    id,
    severity: "medium",
    ...text,
    check: (stack) => (ofType(stack, type).some(isRight) ? [] : [{ resource: "region", what: "nothing in this stack sees to it" }]),
  });
  return [
    once("region-encrypts-volumes", "aws:ebs/encryptionByDefault:EncryptionByDefault", ({ inputs }) => inputs["enabled"] !== false, {
      asks: "The region encrypts every new volume.",
      reason: "A volume that somebody makes by hand, or a restore, would be in the clear.",
      standard: ["FSBP EC2.7", "CIS AWS 3.0 2.2.1"],
    }),
    once(
      "region-blocks-public-snapshots",
      "aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess",
      ({ inputs }) => inputs["state"] === "block-all-sharing" || inputs["state"] === "block-new-sharing",
      {
        asks: "The region refuses public snapshots.",
        reason: "One click shares all data with everybody.",
        standard: ["Security Hub EC2.182"],
      },
    ),
    once("network-logs-flows", "aws:ec2/flowLog:FlowLog", () => true, {
      asks: "The VPC logs its flows.",
      reason: "After a break-in nobody can say where it went.",
      standard: ["FSBP EC2.6", "CIS AWS 3.0 3.7"],
    }),
  ];
}

function volumesByGroup(stack: Stack): ReadonlyMap<string, readonly PlannedResource[]> {
  const groups = new Map<string, PlannedResource[]>();
  for (const volume of ofType(stack, "aws:ebs/volume:Volume")) {
    const group = tagOf(volume, "coinfleet:group");
    if (group === undefined || isUnknown(volume.inputs["availabilityZone"])) continue;
    groups.set(group, [...(groups.get(group) ?? []), volume]);
  }
  return groups;
}

function nodesOf(stack: Stack): readonly string[] {
  return [...new Set(instances(stack).flatMap((host) => tagOf(host, "coinfleet:node") ?? []))];
}

function hasAlarm(stack: Stack, node: string, { metric }: Alarm): boolean {
  return ofType(stack, "aws:cloudwatch/metricAlarm:MetricAlarm").some(
    ({ inputs }) =>
      inputs["namespace"] === metricNamespace &&
      inputs["metricName"] === metric &&
      inputs["treatMissingData"] === "breaching" &&
      at(inputs, "dimensions", "Node") === node,
  );
}

function isPeerPort({ config }: Stack, rule: PlannedResource): boolean {
  const group = config.fleet.groups.find((one) => one.name === tagOf(rule, "coinfleet:group"));
  if (group === undefined || group.isPrivateNetwork) return false;
  return Object.values(group.ports).some(({ exposure, port }) => exposure === "public" && port === rule.inputs["fromPort"]);
}

function takesSnapshots({ inputs }: PlannedResource, volume: PlannedResource): boolean {
  if (inputs["state"] === "DISABLED") return false;
  const targets = at(documentOf(inputs["policyDetails"]), "targetTags");
  if (isUnknown(targets)) return true;
  const tags = Object.entries(typeof targets === "object" && targets !== null ? targets : {});
  return tags.length > 0 && tags.every(([key, value]) => tagOf(volume, key) === value);
}

function copiesAbroad({ inputs }: PlannedResource): boolean {
  const details = documentOf(inputs["policyDetails"]);
  return isUnknown(details) || JSON.stringify(at(details, "schedules") ?? []).includes('"crossRegionCopyRules":[{');
}
