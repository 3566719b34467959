import type { PlannedResource } from "../planned-resource.ts";
import { must, mustBe, type Finding, type ResourceRule } from "../rule.ts";
import { elements, isText } from "../values.ts";

/** Whether a CIDR is everybody, or so many that it makes no difference: `0.0.0.0/1` and its other half are the world too. */
export function isWorld(cidr: unknown): boolean {
  const [, bits] = typeof cidr === "string" ? (/\/(\d+)$/.exec(cidr) ?? []) : [];
  return bits !== undefined && Number(bits) < 8;
}

const shutPorts = [22, 3389, 2375, 2376];

function covers(from: unknown, to: unknown, port: number): boolean {
  return Number(from) <= port && port <= Number(to);
}

/** Who reaches what. */
export const networkRules: readonly ResourceRule[] = [
  {
    id: "ingress-closed",
    severity: "critical",
    asks: "Every rule opens one described port; only ports for peers are open to the world; SSH is open to nobody.",
    reason: "An RPC port in the open has emptied wallets; a range of ports opens what nobody thought of.",
    standard: ["Security Hub EC2.13", "FSBP EC2.18", "FSBP EC2.19", "CIS AWS 3.0 5.2", "CIS AWS 3.0 5.3"],
    types: ["aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"],
    check: ({ name, inputs }: PlannedResource): readonly Finding[] => {
      const { fromPort, toPort, ipProtocol, description, cidrIpv4, cidrIpv6 } = inputs;
      const isShut = (): boolean => ipProtocol !== "-1" && !shutPorts.some((port) => covers(fromPort, toPort, port));
      return [
        ...must(description, isText, "it has no description"),
        ...must(fromPort, isShut, "it opens SSH, RDP, docker or every port"),
        ...mustBe(fromPort, toPort, "it opens a range of ports"),
        // Peers have a role of their own in the name, so that no other port can be opened by a wrong number.
        ...[cidrIpv4, cidrIpv6].flatMap((cidr) =>
          must(cidr, (one) => !isWorld(one) || /-p2p[a-z0-9-]*-world$/.test(name), "it opens a port that is not for peers to the world"),
        ),
      ];
    },
  },
  {
    id: "egress-declared",
    severity: "medium",
    asks: "What may go out is declared and described.",
    reason: "A rule that nobody can explain is never removed.",
    standard: ["Coinfleet: egress declared"],
    types: ["aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"],
    check: ({ inputs }) => must(inputs["description"], isText, "it has no description"),
  },
  {
    id: "rules-on-their-own",
    severity: "medium",
    asks: "A security group's rules are resources of their own.",
    reason: "Rules inside a group cannot be described, reviewed and removed one by one.",
    standard: ["Coinfleet: a description on every rule"],
    types: ["aws:ec2/securityGroup:SecurityGroup"],
    check: ({ inputs }) =>
      [inputs["ingress"], inputs["egress"]].flatMap((rules) => must(rules, (list) => list === undefined, "it has rules inside")),
  },
  {
    id: "no-foreign-rule-types",
    severity: "high",
    asks: "Security-group rules are of the one kind that the other rules look at.",
    reason: "The older kind would open a port past every check here.",
    standard: ["Coinfleet: one way to open a port"],
    types: ["aws:ec2/securityGroupRule:SecurityGroupRule", "aws:ec2/networkAclRule:NetworkAclRule"],
    check: () => [{ what: "it opens something in a way that is not checked" }],
  },
  {
    id: "default-group-closed",
    severity: "high",
    asks: "The VPC's default security group lets nothing through.",
    reason: "What is forgotten lands in it.",
    standard: ["FSBP EC2.2", "CIS AWS 3.0 5.4"],
    types: ["aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"],
    check: ({ inputs }) =>
      [inputs["ingress"], inputs["egress"]].flatMap((rules) =>
        must(rules, (list) => Array.isArray(list) && list.length === 0, "the default security group lets something through"),
      ),
  },
  {
    id: "subnet-no-public-by-default",
    severity: "medium",
    asks: "A subnet gives no public address to what does not ask for one.",
    reason: "A machine that somebody starts by hand would be on the internet.",
    standard: ["FSBP EC2.15"],
    types: ["aws:ec2/subnet:Subnet"],
    check: ({ inputs }) => must(inputs["mapPublicIpOnLaunch"], (value) => value !== true, "it gives out public addresses by itself"),
  },
  {
    id: "load-balancer-internal",
    severity: "critical",
    asks: "Load balancers are internal.",
    reason: "They stand in front of RPC ports.",
    standard: ["Coinfleet: nothing public but peers"],
    types: ["aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer"],
    check: ({ inputs }) => mustBe(inputs["internal"], true, "it faces the internet"),
  },
  {
    id: "function-url-signed",
    severity: "critical",
    asks: "No function has an address that anybody may call.",
    reason: "Our functions change volumes and instances.",
    standard: ["FSBP Lambda.1"],
    types: ["aws:lambda/functionUrl:FunctionUrl"],
    check: ({ inputs }) => mustBe(inputs["authorizationType"], "AWS_IAM", "anybody may call it"),
  },
  {
    id: "function-not-public",
    severity: "critical",
    asks: "A function may be called by named services of this account only.",
    reason: "Our functions change volumes and instances.",
    standard: ["FSBP Lambda.1"],
    types: ["aws:lambda/permission:Permission"],
    check: ({ inputs }) => [
      ...must(inputs["principal"], (principal) => isText(principal) && principal !== "*", "anybody may call it"),
      ...must(
        [inputs["sourceArn"], inputs["sourceAccount"]],
        (sources) => elements(sources).some((source) => source !== undefined),
        "the service may call it for any account",
      ),
    ],
  },
];
