import assert from "node:assert/strict";
import { recordProgram, stackConfig, type Recorded } from "./record-program.ts";

const ruleType = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const fleetKey = "coinfleet:fleet";

/** The sandbox stack with other groups. */
async function resourcesOf(nodes: object): Promise<readonly Recorded[]> {
  const config = stackConfig("sandbox");
  const fleet = config[fleetKey];
  assert.ok(typeof fleet === "object" && fleet !== null);
  return (await recordProgram("sandbox", { ...config, [fleetKey]: { ...fleet, nodes } })).resources;
}

const named = (resources: readonly Recorded[], name: string): Recorded =>
  resources.find((one) => one.name === name) ?? assert.fail(`there is no ${name}`);

describe("a group that another one serves", () => {
  let resources: readonly Recorded[];
  before(async function () {
    this.timeout(300_000);
    // The served one stands first: the order of a stack file means nothing.
    resources = await resourcesOf({
      lightning: { network: "regtest", sources: { lnd: "go" }, servedBy: "chain" },
      chain: { coin: "bitcoin", network: "regtest", count: 2 },
    });
  });

  it("is let in by its server's security group, on the one port that it needs", () => {
    const rules = resources.filter(
      ({ type, inputs }) => type === ruleType && inputs["referencedSecurityGroupId"] === "SecurityGroup:lightning-firewall-group",
    );
    assert.deepEqual(
      rules
        .filter(({ inputs }) => inputs["securityGroupId"] === "SecurityGroup:chain-firewall-group")
        .map(({ inputs }) => [inputs["fromPort"], inputs["toPort"], inputs["ipProtocol"]]),
      [[18443, 18443, "tcp"]],
    );
  });

  it("may read its own secrets and the server's one, and the server none of its", () => {
    const policy = (name: string): string => String(named(resources, name).inputs["policy"]);
    assert.match(policy("lightning-hosts-policy"), /secret:coinfleet\/sandbox\/chain\/rpc-\?/);
    assert.match(policy("lightning-hosts-policy"), /secret:coinfleet\/sandbox\/lightning\/wallet-\?/);
    assert.doesNotMatch(policy("chain-hosts-policy"), /lightning/);
  });

  it("is told the server's name, and gets the password on the host only", () => {
    const config = JSON.stringify(named(resources, "lightning-1-parameters-config").inputs["value"]);
    assert.match(config, /server\/rpc[\\":]+arn:of:Secret:chain-secrets-rpc/);
    assert.match(config, /bitcoind\.rpchost=node1\.chain\.internal:18443/);
    assert.match(config, /bitcoind\.rpcpass=[^ }]*secret:server\/rpc\}\}/);
  });

  it("fails before the first resource when nothing serves it", async function () {
    this.timeout(300_000);
    await assert.rejects(resourcesOf({ lightning: { network: "regtest", sources: { lnd: "go" } } }), /ServerNeeded/);
  });
});
