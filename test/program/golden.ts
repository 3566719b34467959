import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Recorded } from "./record-program.ts";

/** Inputs that a reviewer should see, by type. The rest follows from them, or is checked by rules. */
const shown: Readonly<Record<string, readonly string[]>> = {
  "aws:cloudwatch/logGroup:LogGroup": ["name", "retentionInDays"],
  "aws:cloudwatch/metricAlarm:MetricAlarm": [
    "metricName",
    "comparisonOperator",
    "threshold",
    "period",
    "evaluationPeriods",
    "treatMissingData",
  ],
  "aws:ebs/volume:Volume": ["availabilityZone", "size", "type", "iops", "throughput", "snapshotId", "encrypted"],
  "aws:ec2/instance:Instance": ["instanceType", "ami", "subnetId", "metadataOptions", "userData"],
  "aws:dlm/lifecyclePolicy:LifecyclePolicy": ["state", "policyDetails"],
  "aws:ec2/vpcEndpoint:VpcEndpoint": ["serviceName", "vpcEndpointType"],
  "aws:lb/listener:Listener": ["port", "protocol", "tcpIdleTimeoutSeconds"],
  "aws:lb/targetGroup:TargetGroup": ["port", "healthCheck", "deregistrationDelay"],
  "aws:ec2/subnet:Subnet": ["availabilityZone", "cidrBlock"],
  "aws:ec2/vpc:Vpc": ["cidrBlock"],
  "aws:ecr/repository:Repository": ["name", "imageTagMutability"],
  "aws:kms/key:Key": ["enableKeyRotation"],
  "aws:route53/record:Record": ["name", "records"],
  "aws:secretsmanager/secret:Secret": ["name"],
  "aws:sns/topicSubscription:TopicSubscription": ["protocol", "endpoint"],
  "aws:ssm/parameter:Parameter": ["name", "tier"],
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": [
    "cidrIpv4",
    "referencedSecurityGroupId",
    "ipProtocol",
    "fromPort",
    "toPort",
  ],
  "command:local:Command": ["create", "delete", "triggers"],
  "docker:index/remoteImage:RemoteImage": ["name"],
};

/** One line per resource: `type name parent options { inputs that matter }`. */
export function describeResources(resources: readonly Recorded[]): string {
  // By what the lines say: a digest would put its resource elsewhere each time.
  const place = ({ parent, type, name }: Recorded): string => withoutDigests(`${parent ?? ""} ${type} ${name}`);
  const sorted = [...resources].sort((a, b) => (place(a) < place(b) ? -1 : 1));
  const ofNode = (one: Recorded): string | undefined =>
    one.type === alarmType && one.parent?.endsWith("-alarms") ? one.parent : undefined;
  const alarms = new Map<string, Recorded[]>();
  for (const one of sorted) {
    const node = ofNode(one);
    if (node !== undefined) alarms.set(node, [...(alarms.get(node) ?? []), one]);
  }
  return [...sorted.filter((one) => ofNode(one) === undefined).map(describeResource), ...[...alarms].map(describeAlarms)]
    .map(withoutDigests)
    .join("\n")
    .concat("\n");
}

const alarmType = "aws:cloudwatch/metricAlarm:MetricAlarm";

/** A node's alarms in one line: which there are, and at what they go off. The rest of them is the catalogue's, the same for every node. */
function describeAlarms([parent, alarms]: readonly [string, readonly Recorded[]]): string {
  const sign: Readonly<Record<string, string>> = { LessThanThreshold: "<", GreaterThanThreshold: ">" };
  const text = alarms.map(({ name, inputs }) => {
    const { metricName, comparisonOperator, threshold, treatMissingData } = inputs;
    const silence = treatMissingData === "breaching" ? " or silent" : "";
    return `${name.slice(parent.length + 1)} (${String(metricName)} ${sign[String(comparisonOperator)] ?? "?"} ${String(threshold)}${silence})`;
  });
  return `${alarmType} × ${alarms.length} < ${parent} ${text.join(", ")}`;
}

function describeResource(one: Recorded): string {
  const options = [
    one.protect ? "protect" : "",
    one.retainOnDelete ? "retain" : "",
    one.deleteBeforeReplace ? "deleteBeforeReplace" : "",
    one.ignoreChanges.length > 0 ? `ignore(${one.ignoreChanges.join(",")})` : "",
    one.replaceOnChanges.length > 0 ? `replaceOn(${one.replaceOnChanges.join(",")})` : "",
  ].filter((text) => text !== "");
  const inputs = (shown[one.type] ?? []).filter((key) => one.inputs[key] !== undefined).map((key) => `${key}=${short(one.inputs[key])}`);
  return [one.type, one.name, `< ${one.parent ?? "-"}`, ...options, ...inputs].join(" ");
}

/** Digests follow sources and releases: goldens of packages/host show what is in them. Long texts by their length. */
function short(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= 300 ? text : `(${text.length} characters)`;
}

const withoutDigests = (text: string): string =>
  text
    .replace(/\b[0-9a-f]{64}\b/g, "<sha256>")
    .replace(/-[0-9a-f]{8}-(x86_64|arm64)/g, "-<digest>-$1")
    .replace(/"[0-9a-f]{16}"/g, '"<digest>"');

/** Compares with a golden file. `UPDATE_GOLDEN=1` writes it; explain the difference in the commit. */
export function compareWithGolden(file: URL, text: string): void {
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, text);
  assert.ok(existsSync(file), "no golden file yet: run with UPDATE_GOLDEN=1, then read what it has written");
  assert.equal(text, readFileSync(file, "utf8"));
}
