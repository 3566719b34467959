import assert from "node:assert/strict";
import { permissionsBoundary } from "@coinfleet/aws";
import { metricNamespace } from "@coinfleet/sdk";
import { arn, roleOf, text, type Environment } from "./environment.ts";
import { deviations } from "./expected-permissions.ts";
import { isAllowed } from "./iam.ts";
import { recordProgram, stackConfig, stacks } from "./record-program.ts";

/** Names that begin alike, two groups of one coin, one that another serves. */
const nodes = {
  bitcoin: { network: "mainnet", count: 2 },
  "bitcoin-cash": { network: "mainnet", volume: { sizeGiB: 400 }, count: 2 },
  cold: { coin: "bitcoin", network: "regtest" },
  lightning: { network: "mainnet", servedBy: "bitcoin" },
  ethereum: { network: "mainnet", count: 2 },
};
const reader = "444444444444";
const lent = { lightning: ["coinfleet/production/bitcoin/rpc"] };

async function record(stack: string, change: object): Promise<Environment> {
  const config = stackConfig(stack);
  const key = "coinfleet:fleet";
  const fleet = config[key];
  assert.ok(typeof fleet === "object");
  const { resources } = await recordProgram(stack, { ...config, [key]: { ...fleet, ...change } });
  return { name: stack, account: String([config["aws:allowedAccountIds"]].flat()[0]), resources };
}

/** What is widened → the resource, the property, and the change of its text. */
const widened: Readonly<Record<string, readonly [name: string, key: string, from: string | RegExp, to: string]>> = {
  "a secret of every group": [
    "bitcoin-hosts-policy",
    "policy",
    /secret:coinfleet\/production\/bitcoin\/rpc-\?+/g,
    "secret:coinfleet/production/*",
  ],
  "secrets of groups whose names begin alike": ["bitcoin-hosts-policy", "policy", /production\/bitcoin\/rpc-\?+/g, "production/bitcoin*"],
  "the key without its condition": [
    "bitcoin-hosts-policy",
    "policy",
    /"kms:EncryptionContext:SecretARN":\[[^\]]*\]/,
    '"kms:EncryptionContext:SecretARN":["*"]',
  ],
  "parameters of groups whose names begin alike": ["bitcoin-hosts-policy", "policy", /bitcoin-1\/config/, "bitcoin-*"],
  "a state that it writes itself": ["bitcoin-hosts-policy", "policy", /\/running"/, '/config"'],
  "commands to hosts": [
    "bitcoin-hosts-policy",
    "policy",
    '"ssm:UpdateInstanceInformation"',
    '"ssm:UpdateInstanceInformation","ssm:SendCommand"',
  ],
  "another group's logs": [
    "bitcoin-hosts-policy",
    "policy",
    "log-group:/coinfleet/production/bitcoin:*",
    "log-group:/coinfleet/production/bitcoin*",
  ],
  "any metric": ["bitcoin-hosts-policy", "policy", `"cloudwatch:namespace":"${metricNamespace}"`, '"cloudwatch:namespace":["AWS/EBS"]'],
  "locks of groups whose names begin alike": ["bitcoin-hosts-policy", "policy", /"group\/bitcoin"/g, '"group/bitcoin*"'],
  "holds that it lifts itself": [
    "bitcoin-hosts-policy",
    "policy",
    /"dynamodb:LeadingKeys":\["group\/bitcoin"\]/,
    '"dynamodb:LeadingKeys":["group/bitcoin","hold/bitcoin"]',
  ],
  "locks without a key": ["bitcoin-hosts-policy", "policy", /,"Null":\{"dynamodb:LeadingKeys":"false"\}/g, ""],
  "volumes of every environment": ["grower-policy", "policy", /,"Condition":\{"StringEquals":\{"aws:ResourceTag[^}]*\}\}/, ""],
  "documents that start as anybody": ["grower-start-policy", "policy", '"arn:of:Role:grower-role"', '"*"'],
  "images of another coin": [
    "bitcoin-hosts-policy",
    "policy",
    "repository/coinfleet/production/bitcoin-bitcoind",
    "repository/coinfleet/production/bitcoin*",
  ],
  "snapshots of every environment": [
    "backups-policy",
    "policy",
    /,"Condition":\{"StringEquals(IfExists)?":\{"aws:ResourceTag[^}]*\}\}/g,
    "",
  ],
  "a role for any account": ["backups-role", "assumeRolePolicy", /,"Condition":\{.*?\}\}/, ""],
  "a topic for everybody": ["alerts-page", "policy", '{"Service":"cloudwatch.amazonaws.com"}', '{"AWS":"*"}'],
  "a topic without TLS": ["alerts-page", "policy", '"Deny"', '"Allow"'],
  "a key for every account": ["keys-data", "policy", "arn:aws:iam::333333333333:root", "*"],
  "pushing by readers": ["bitcoin-bitcoind-readers", "policy", '"ecr:BatchGetImage"', '"ecr:BatchGetImage","ecr:PutImage"'],
};

/**
 * What each role of the program may do, and each policy of a resource lets others do, by an evaluator of IAM policies.
 * Does not prove what AWS's services ask for: an action that one needs and that nobody here thought of is missing in both.
 */
describe("permissions", function () {
  this.timeout(120_000);
  let env: Environment;
  before(async () => {
    env = await record("production", { nodes, sharedWith: [reader] });
  });

  it("are what each role needs, and end at its neighbours", async () => assert.deepEqual(await deviations(env, [reader], lent), []));

  it("are the same within the account's boundary", async () => {
    assert.deepEqual(await deviations({ ...env, boundary: permissionsBoundary(env.account) }, [reader], lent), []);
  });

  it("are missed when the boundary is narrower than they are", async () => {
    const { Version, Statement } = permissionsBoundary(env.account);
    const boundary = { Version, Statement: Statement.filter(({ Sid }) => Sid !== "KeepSnapshots") };
    const missed = await deviations({ ...env, boundary }, [reader], lent);
    assert.ok(missed.length > 0 && missed.every((one) => one.startsWith("backups-role may not ")), missed.join("\n"));
  });

  it("bounds every role by what the stack file names", async () => {
    const permissionsBoundary = `arn:aws:iam::${env.account}:policy/coinfleet-pipeline/coinfleet-boundary`;
    const { resources } = await record("production", { nodes, permissionsBoundary });
    const roles = resources.filter(({ type }) => type === "aws:iam/role:Role");
    assert.ok(roles.length > 5);
    for (const { name, inputs } of roles) {
      assert.equal(inputs["permissionsBoundary"], permissionsBoundary, name);
      assert.equal(inputs["path"], "/coinfleet/production/", name);
    }
  });

  it("fail on a call that AWS does not know, so that no expectation is met by a mistake of spelling", async () => {
    const hosts = roleOf(env, "bitcoin-hosts-role");
    await assert.rejects(isAllowed(hosts, { action: "ssm:GetParametre", resource: "*" }, env.account), /invalid\.action/);
    const secret = { action: "ssm:GetParameter", resource: arn(env, "secretsmanager", "secret:a-A1b2C3") };
    await assert.rejects(isAllowed(hosts, secret, env.account));
  });

  for (const [what, [name, key, pattern, to]] of Object.entries(widened)) {
    it(`are caught when they are widened: ${what}`, async () => {
      const before = env.resources.find((one) => one.name === name && key in one.inputs) ?? assert.fail(`there is no ${name}`);
      const policy = text(before, key).replace(pattern, to);
      assert.notEqual(policy, text(before, key), "nothing was widened");
      const resources = env.resources.map((one) => (one === before ? { ...one, inputs: { ...one.inputs, [key]: policy } } : one));
      assert.notDeepEqual(await deviations({ ...env, resources }, [reader], lent), []);
    });
  }
});

/** The largest takes a minute: its 42 coins are each other's neighbours. */
const evaluated = stacks.filter((stack) => stack !== "production" || process.env["COINFLEET_TEST_FULL"] === "1");
for (const stack of evaluated)
  it(`permissions of stacks/Pulumi.${stack}.yaml end at their neighbours`, async function () {
    this.timeout(10 * 60_000);
    const env = await record(stack, {});
    const shared: unknown = Reflect.get(Object(stackConfig(stack)["coinfleet:fleet"]), "sharedWith") ?? [];
    assert.ok(Array.isArray(shared));
    assert.deepEqual(await deviations(env, shared.map(String), stack === "production" ? lent : {}), []);
  });
