import { must, mustBe, type ResourceRule } from "../rule.ts";
import { at, elements, isText } from "../values.ts";

const instance = ["aws:ec2/instance:Instance"];

/** Hosts. */
export const instanceRules: readonly ResourceRule[] = [
  {
    id: "instance-metadata",
    severity: "critical",
    asks: "The metadata service answers with a token only, one hop away, on IPv4 only.",
    reason: "Any daemon that can be made to fetch an address would hand out the host's credentials.",
    standard: ["FSBP EC2.8", "CIS AWS 3.0 5.6"],
    types: instance,
    check: ({ inputs }) => [
      ...mustBe(at(inputs, "metadataOptions", "httpTokens"), "required", "IMDSv2 is not required"),
      ...mustBe(at(inputs, "metadataOptions", "httpPutResponseHopLimit"), 1, "the metadata hop limit is not 1"),
      ...mustBe(at(inputs, "metadataOptions", "httpProtocolIpv6"), "disabled", "the metadata service answers on IPv6"),
    ],
  },
  {
    id: "instance-no-login",
    severity: "critical",
    asks: "Hosts have no SSH key, detailed monitoring, and a role of their own.",
    reason: "A key on a host is a way in that no log shows; without a role its agent is blind.",
    standard: ["Coinfleet: no SSH", "CIS AWS 3.0 1.18"],
    types: instance,
    check: ({ inputs }) => [
      ...must(inputs["keyName"], (key) => key === undefined, "it has an SSH key"),
      ...mustBe(inputs["monitoring"], true, "detailed monitoring is off"),
      ...must(inputs["iamInstanceProfile"], isText, "it has no instance profile"),
    ],
  },
  {
    id: "instance-root-encrypted",
    severity: "high",
    asks: "Root volumes are encrypted with the environment's key.",
    reason: "Images, logs and swapped memory of a host end on it; a snapshot of it could be read by anybody who may copy it.",
    standard: ["FSBP EC2.3", "CIS AWS 3.0 2.2.1"],
    types: instance,
    check: ({ inputs }) => [
      ...mustBe(at(inputs, "rootBlockDevice", "encrypted"), true, "the root volume is not encrypted"),
      ...must(at(inputs, "rootBlockDevice", "kmsKeyId"), isText, "the root volume is not encrypted with our key"),
    ],
  },
  {
    id: "instance-data-separate",
    severity: "critical",
    asks: "A host brings no data volume of its own.",
    reason: "A volume that is part of an instance goes when the instance is replaced, and months of chain data with it.",
    standard: ["Coinfleet: three lifetimes"],
    types: instance,
    check: ({ inputs }) => must(inputs["ebsBlockDevices"], (list) => elements(list).length === 0, "it has a volume that goes with it"),
  },
  {
    id: "instance-kept-on-termination-request",
    severity: "low",
    asks: "A host that is shut down from inside stops, and is not terminated.",
    reason: "A host that halts itself should be looked at, not vanish.",
    standard: ["Coinfleet: hosts are replaced by the program only"],
    types: instance,
    check: ({ inputs }) =>
      must(inputs["instanceInitiatedShutdownBehavior"], (behaviour) => behaviour !== "terminate", "it terminates when it shuts down"),
  },
];
