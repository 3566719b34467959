import { iamRules } from "./iam-rules.ts";
import type { PlannedResource, SecurityRule, Violation } from "./planned-resource.ts";

const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined), value);

const wants = (ok: boolean, what: string): readonly string[] => (ok ? [] : [what]);

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";

const open = ["0.0.0.0/0", "::/0"];

const resourceRules: readonly SecurityRule[] = [
  {
    id: "instance-metadata",
    types: ["aws:ec2/instance:Instance"],
    check: ({ inputs }) => [
      ...wants(at(inputs, "metadataOptions", "httpTokens") === "required", "IMDSv2 is not required"),
      ...wants(at(inputs, "metadataOptions", "httpPutResponseHopLimit") === 1, "the metadata hop limit is not 1"),
      ...wants(at(inputs, "metadataOptions", "httpProtocolIpv6") === "disabled", "the metadata service answers on IPv6"),
    ],
  },
  {
    id: "instance-no-login",
    types: ["aws:ec2/instance:Instance"],
    check: ({ inputs }) => [
      ...wants(inputs["keyName"] === undefined, "it has an SSH key"),
      ...wants(inputs["monitoring"] === true, "detailed monitoring is off"),
      ...wants(isText(inputs["iamInstanceProfile"]), "it has no instance profile"),
    ],
  },
  {
    id: "instance-root-encrypted",
    types: ["aws:ec2/instance:Instance"],
    check: ({ inputs }) => [
      ...wants(at(inputs, "rootBlockDevice", "encrypted") === true, "the root volume is not encrypted"),
      ...wants(isText(at(inputs, "rootBlockDevice", "kmsKeyId")), "the root volume is not encrypted with our key"),
    ],
  },
  {
    id: "volume-is-a-keeper",
    types: ["aws:ebs/volume:Volume"],
    check: ({ inputs, protect, retainOnDelete }) => [
      ...wants(inputs["encrypted"] === true && isText(inputs["kmsKeyId"]), "it is not encrypted with our key"),
      ...wants(protect, "it is not protected"),
      ...wants(retainOnDelete, "it is not retained"),
    ],
  },
  {
    id: "attachment-not-forced",
    types: ["aws:ec2/volumeAttachment:VolumeAttachment"],
    check: ({ inputs }) => [
      ...wants(inputs["forceDetach"] !== true, "it may be detached by force"),
      ...wants(inputs["stopInstanceBeforeDetaching"] === true, "a running instance may lose its volume"),
    ],
  },
  {
    id: "ingress-closed",
    types: ["aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"],
    check: ({ name, inputs }) => {
      const isOpen = open.includes(String(inputs["cidrIpv4"])) || open.includes(String(inputs["cidrIpv6"]));
      return [
        ...wants(isText(inputs["description"]), "it has no description"),
        ...wants(inputs["fromPort"] !== 22 && inputs["toPort"] !== 22 && inputs["ipProtocol"] !== "-1", "it opens SSH or every port"),
        ...wants(inputs["fromPort"] === inputs["toPort"], "it opens a range of ports"),
        // Peers have a role of their own in the name, so that no other port can be opened by a wrong number.
        ...wants(!isOpen || /-p2p[a-z0-9-]*-world$/.test(name), "it opens a port that is not for peers to the world"),
      ];
    },
  },
  {
    id: "egress-declared",
    types: ["aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"],
    check: ({ inputs }) => wants(isText(inputs["description"]), "it has no description"),
  },
  {
    id: "rules-on-their-own",
    types: ["aws:ec2/securityGroup:SecurityGroup"],
    check: ({ inputs }) =>
      wants(
        inputs["ingress"] === undefined && inputs["egress"] === undefined,
        "it has rules inside, which cannot be described and reviewed one by one",
      ),
  },
  {
    id: "default-group-closed",
    types: ["aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"],
    check: ({ inputs }) =>
      [inputs["ingress"], inputs["egress"]].flatMap((rules) =>
        wants(Array.isArray(rules) && rules.length === 0, "the default security group lets something through"),
      ),
  },
  {
    id: "secret-is-a-keeper",
    types: ["aws:secretsmanager/secret:Secret"],
    check: ({ inputs, protect, retainOnDelete }) => [
      ...wants(isText(inputs["kmsKeyId"]), "it is not encrypted with our key"),
      ...wants(Number(inputs["recoveryWindowInDays"]) >= 7, "its recovery window is shorter than 7 days"),
      ...wants(protect && retainOnDelete, "it is not protected and retained"),
    ],
  },
  {
    id: "secret-has-no-value-in-state",
    types: ["aws:secretsmanager/secretVersion:SecretVersion", "random:index/randomPassword:RandomPassword"],
    check: () => ["a secret's value would be in the state"],
  },
  {
    id: "key-rotates",
    types: ["aws:kms/key:Key"],
    check: ({ inputs, protect, retainOnDelete }) => [
      ...wants(inputs["enableKeyRotation"] === true, "it does not rotate"),
      ...wants(protect && retainOnDelete, "it is not protected and retained"),
    ],
  },
  {
    id: "log-group-bounded",
    types: ["aws:cloudwatch/logGroup:LogGroup"],
    check: ({ inputs }) => [
      ...wants(Number(inputs["retentionInDays"]) > 0, "it keeps logs for ever"),
      ...wants(isText(inputs["kmsKeyId"]), "it is not encrypted with our key"),
    ],
  },
  {
    id: "topic-encrypted",
    types: ["aws:sns/topic:Topic"],
    check: ({ inputs }) => [
      ...wants(isText(inputs["kmsMasterKeyId"]), "it is not encrypted with our key"),
      ...wants(String(inputs["policy"]).includes('"aws:SecureTransport":"false"'), "it can be used without TLS"),
    ],
  },
  {
    id: "repository-immutable",
    types: ["aws:ecr/repository:Repository"],
    check: ({ inputs }) => [
      ...wants(inputs["imageTagMutability"] === "IMMUTABLE", "its tags can be moved"),
      ...wants(at(inputs, "imageScanningConfiguration", "scanOnPush") === true, "its images are not scanned"),
    ],
  },
  {
    id: "alarm-acts",
    types: ["aws:cloudwatch/metricAlarm:MetricAlarm"],
    check: ({ name, inputs }) => [
      ...wants(
        inputs["actionsEnabled"] === true && Array.isArray(inputs["alarmActions"]) && inputs["alarmActions"].length > 0,
        "it tells nobody",
      ),
      ...wants(!name.endsWith("-node-down") || inputs["treatMissingData"] === "breaching", "it takes silence for health"),
    ],
  },
];

/** Every rule that planned inputs can show. */
export const securityRules: readonly SecurityRule[] = [...resourceRules, ...iamRules];

/** Who breaks what. */
export function violations(resources: readonly PlannedResource[], rules: readonly SecurityRule[] = securityRules): readonly Violation[] {
  return resources.flatMap((resource) =>
    rules
      .filter((rule) => rule.types.includes(resource.type))
      .flatMap((rule) => rule.check(resource).map((what) => ({ rule: rule.id, resource: resource.name, what }))),
  );
}
