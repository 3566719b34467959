import assert from "node:assert/strict";
import type { Port, ResolvedGroup } from "@coinfleet/sdk";
import { ingressRules } from "./group-security.ts";

const port = (number: number, exposure: Port["exposure"]): Port => ({
  port: number,
  protocol: "tcp",
  exposure,
  description: `port ${number}`,
});

const group = {
  ports: { p2p: port(9333, "public"), rpc: port(9332, "internal"), engine: port(8551, "local") },
  allowedCidrs: ["10.9.0.0/16"],
  isPrivateNetwork: false,
} as unknown as ResolvedGroup;

const rules = (one: ResolvedGroup): readonly string[] =>
  ingressRules(one).map(({ port: { port: number }, source }) => `${number} from ${source === "group" ? "group" : source.cidr}`);

describe("who may reach a node", () => {
  it("is every peer on the peers' port, the group and the named CIDRs on RPC, and the group on the agent's", () => {
    assert.deepEqual(rules(group), ["9333 from 0.0.0.0/0", "9332 from group", "9332 from 10.9.0.0/16", "9797 from group"]);
  });

  it("is nobody but the group where the network is private", () => {
    assert.deepEqual(rules({ ...group, isPrivateNetwork: true, allowedCidrs: [] }), [
      "9333 from group",
      "9332 from group",
      "9797 from group",
    ]);
  });

  it("gives each rule a name of its own", () => {
    const keys = ingressRules(group).map(({ key }) => key);
    assert.equal(new Set(keys).size, keys.length);
  });
});
