import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { parseStackFile } from "@coinfleet/config";
import { fixtureCoins } from "../../config/test/fixture-coins.ts";
import { parseExceptions } from "./exceptions.ts";
import { idleExceptions, resourceRules, ruleIds, stackRules, violations, type Court, type Moment } from "./judge.ts";
import type { PlannedResource } from "./planned-resource.ts";
import { gateRules } from "./rules/releases.ts";
import { examples } from "./testing/examples.ts";
import { renderRules } from "./testing/render-rules.ts";
import { credentialsIn } from "./rules/secrets.ts";

const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const today = "2026-11-21";

const stackFile = (machineImage: string, nodes: string, promoted: string): string => `
config:
  aws:region: eu-central-1
  aws:allowedAccountIds: ["000000000000"]
  coinfleet:fleet:
    zones: [eu-central-1a, eu-central-1b]
    network: { cidr: 10.0.0.0/16 }
    machineImage: ${machineImage}
    images: { promoted: ${promoted} }
    nodes: ${nodes}
`;

const ownImage = "{ ids: { x86_64: ami-0123456789abcdef0 }, distribution: debian }";
const builtFrom = (owner: string): string =>
  `{ source: { name: d, owner: "${owner}" }, distribution: debian, sshUser: debian, instanceType: m6i.large }`;

interface Situation {
  readonly moment?: Moment;
  readonly machineImage?: string;
  readonly nodes?: string;
  readonly promoted?: string;
  readonly upgrades?: (typeof fixtureCoins)[string]["upgrades"];
  readonly exceptions?: readonly object[];
}

function court({
  moment = "up",
  machineImage = ownImage,
  nodes = "{ acorn: { network: mainnet, count: 2 } }",
  promoted = "{}",
  upgrades = [],
  exceptions = [],
}: Situation): Court {
  const acorn = fixtureCoins["acorn"];
  assert.ok(acorn);
  const coins = { acorn: { ...acorn, upgrades } };
  const reading = parseStackFile(
    stackFile(machineImage, nodes, promoted),
    coins,
    { environment: "test", file: "stacks/Pulumi.test.yaml" },
    new Date(today),
  );
  assert.ok("config" in reading, "text" in reading ? reading.text : "");
  return {
    stack: { config: reading.config, today },
    moment,
    exceptions: parseExceptions(exceptions, ruleIds, today).all,
  };
}

/** Resources that break a rule, or have no say in a stack of one thing. */
function brokenBy(rule: string, resources: readonly PlannedResource[], situation: Situation = {}): readonly string[] {
  return violations(resources, court(situation)).flatMap((one) => (one.rule === rule ? [one.resource] : []));
}

describe("rules about one resource", () => {
  for (const { rule, good, bad } of examples) {
    it(`${rule} lets a good ${good.type} pass`, () => assert.deepEqual(brokenBy(rule, [good]), []));
    bad.forEach((one, index) => {
      it(`${rule} catches ${one.type}, way ${index + 1} of ${bad.length}`, () => assert.ok(brokenBy(rule, [one]).includes(one.name)));
    });
  }

  it("have each an example that passes and one that is caught", () => {
    assert.deepEqual([...new Set(examples.map(({ rule }) => rule))].sort(), resourceRules.map(({ id }) => id).sort());
  });

  it("leave what a preview does not know to the up, where it is a violation when it is still missing", () => {
    const [volume] = examples.filter(({ rule }) => rule === "volume-is-a-keeper").map(({ good }) => good);
    assert.ok(volume);
    const unknown = { ...volume, inputs: { ...volume.inputs, kmsKeyId: unknownText } };
    assert.deepEqual(brokenBy("volume-is-a-keeper", [unknown], { moment: "preview" }), []);
    assert.deepEqual(brokenBy("volume-is-a-keeper", [unknown], { moment: "up" }), [volume.name]);
    const missing = { ...volume, inputs: { ...volume.inputs, kmsKeyId: undefined } };
    assert.deepEqual(brokenBy("volume-is-a-keeper", [missing], { moment: "preview" }), [volume.name]);
  });

  it("do not judge what an engine cannot tell them", () => {
    const [volume] = examples.filter(({ rule }) => rule === "volume-is-a-keeper").map(({ good }) => good);
    assert.ok(volume);
    assert.deepEqual(brokenBy("volume-is-a-keeper", [{ ...volume, retainOnDelete: undefined }]), []);
  });
});

const resource = (type: string, name: string, inputs: object): PlannedResource => ({
  type,
  name,
  inputs: { ...inputs },
  protect: true,
  retainOnDelete: true,
});
const tags = (index: number): object => ({ "coinfleet:group": "acorn", "coinfleet:node": `acorn-${index}` });
const volume = (index: number, zone: string): PlannedResource =>
  resource("aws:ebs/volume:Volume", `acorn-${index}-data`, { availabilityZone: zone, tags: tags(index) });
const host = (index: number, change: object = {}): PlannedResource =>
  resource("aws:ec2/instance:Instance", `acorn-${index}-host`, {
    ami: "ami-0123456789abcdef0",
    iamInstanceProfile: "acorn",
    tags: tags(index),
    ...change,
  });
const liveness = (change: object = {}): PlannedResource =>
  resource("aws:cloudwatch/metricAlarm:MetricAlarm", "acorn-1-alarms-node-down", {
    namespace: "Coinfleet",
    metricName: "ProbeSuccess",
    treatMissingData: "breaching",
    dimensions: { Environment: "test", Node: "acorn-1" },
    ...change,
  });
const opened = (port: number): PlannedResource =>
  resource("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "acorn-p2p-world", {
    cidrIpv4: "0.0.0.0/0",
    fromPort: port,
    tags: { "coinfleet:group": "acorn" },
  });
const backup = (change: object = {}): PlannedResource =>
  resource("aws:dlm/lifecyclePolicy:LifecyclePolicy", "backup", {
    state: "ENABLED",
    policyDetails: { targetTags: { "coinfleet:group": "acorn" }, schedules: [{ crossRegionCopyRules: [{ encrypted: true }] }] },
    ...change,
  });
const repository = resource("aws:ecr/repository:Repository", "acornd", {});
const fork = (date: string, release: string): Situation => ({
  upgrades: [{ name: "Leaf", network: "mainnet", release, at: { date }, source: "invented" }],
});
const encrypted = (enabled: boolean): PlannedResource => resource("aws:ebs/encryptionByDefault:EncryptionByDefault", "e", { enabled });
const sharing = (state: string): PlannedResource => resource("aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess", "s", { state });

type Case = readonly [string, readonly PlannedResource[], Situation?];

/** Rule → stacks that keep it → stacks that break it. */
const stacks: Readonly<Record<string, { readonly good: readonly Case[]; readonly bad: readonly Case[] }>> = {
  "group-spread-over-zones": {
    good: [
      ["two zones", [volume(1, "a"), volume(2, "b")]],
      ["one node", [volume(1, "a")]],
    ],
    bad: [["one zone", [volume(1, "a"), volume(2, "a")]]],
  },
  "node-has-liveness-alarm": {
    good: [["an alarm", [host(1), liveness()]]],
    bad: [
      ["none", [host(1)]],
      ["that of another node", [host(2), liveness()]],
      ["one that takes silence for health", [host(1), liveness({ treatMissingData: "notBreaching" })]],
    ],
  },
  "public-only-peers": {
    good: [["peers of a public network", [opened(9333)]]],
    bad: [
      ["RPC", [opened(9332)]],
      ["peers of a private network", [opened(9333)], { nodes: "{ acorn: { network: regtest } }" }],
    ],
  },
  "role-of-one-group": {
    good: [["one group", [host(1), host(2)]]],
    bad: [["two groups", [host(1), host(2, { tags: { "coinfleet:group": "oak" } })]]],
  },
  "instance-image-ours": {
    good: [
      ["the pinned one", [host(1)]],
      ["one built from Debian's", [host(1)], { machineImage: builtFrom("136693071363") }],
    ],
    bad: [
      ["another one", [host(1, { ami: "ami-00000000" })]],
      ["one built from a stranger's", [host(1)], { machineImage: builtFrom("111122223333") }],
    ],
  },
  "repository-expires": {
    good: [["with a lifecycle", [repository, resource("aws:ecr/lifecyclePolicy:LifecyclePolicy", "l", {})]]],
    bad: [["without", [repository]]],
  },
  "volume-has-backup": {
    good: [["a policy with a copy", [volume(1, "a"), backup()]]],
    bad: [
      ["none", [volume(1, "a")]],
      ["one that is off", [volume(1, "a"), backup({ state: "DISABLED" })]],
      [
        "one for other tags",
        [volume(1, "a"), backup({ policyDetails: { targetTags: { a: "b" }, schedules: [{ crossRegionCopyRules: [{}] }] } })],
      ],
      ["one without a copy", [volume(1, "a"), backup({ policyDetails: { targetTags: { "coinfleet:group": "acorn" }, schedules: [{}] } })]],
    ],
  },
  "region-encrypts-volumes": {
    good: [["on", [encrypted(true)]]],
    bad: [
      ["nothing", []],
      ["off", [encrypted(false)]],
    ],
  },
  "region-blocks-public-snapshots": {
    good: [["all", [sharing("block-all-sharing")]]],
    bad: [
      ["nothing", []],
      ["off", [sharing("unblocked")]],
    ],
  },
  "network-logs-flows": { good: [["on", [resource("aws:ec2/flowLog:FlowLog", "f", {})]]], bad: [["nothing", []]] },
  "release-follows-forks": {
    good: [
      ["no fork", []],
      ["a release that follows it", [], fork("2027-03-01", "2.1.0")],
    ],
    bad: [["a fork in three months", [], fork("2027-03-01", "3.0.0")]],
  },
};

describe("rules about a stack", () => {
  for (const [rule, { good, bad }] of Object.entries(stacks)) {
    for (const [what, resources, situation] of good)
      it(`${rule} lets pass: ${what}`, () => assert.deepEqual(brokenBy(rule, resources, situation), []));
    for (const [what, resources, situation] of bad)
      it(`${rule} catches: ${what}`, () => assert.notDeepEqual(brokenBy(rule, resources, situation), []));
  }

  it("have each a stack that passes and one that is caught", () => {
    assert.deepEqual(Object.keys(stacks).sort(), stackRules.map(({ id }) => id).sort());
  });
});

describe("docs/policy-rules.md", () => {
  it("has every rule as it is", () => {
    const file = new URL("../../../docs/policy-rules.md", import.meta.url);
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, renderRules());
    assert.equal(readFileSync(file, "utf8"), renderRules(), "Run with UPDATE_GOLDEN=1, and say in the commit why it changed.");
  });
});

describe("an image that the stack file promotes", () => {
  const image = `111122223333.dkr.ecr.eu-central-1.amazonaws.com/coinfleet/staging/acorn-acornd@sha256:${"0a".repeat(32)}`;
  const released = resource("aws:ssm/parameter:Parameter", "acorn-1-parameters-release", {
    name: "/coinfleet/test/acorn-1/release",
    value: JSON.stringify({ release: "1", images: { acornd: image } }),
  });

  it("may run, and no other of that registry", () => {
    assert.deepEqual(brokenBy("image-by-digest", [released]), [released.name]);
    assert.deepEqual(brokenBy("image-by-digest", [released], { promoted: `{ acorn-1: "${image}" }` }), []);
    const other = image.replace(/0a0a$/, "0b0b");
    assert.deepEqual(brokenBy("image-by-digest", [released], { promoted: `{ acorn-1: "${other}" }` }), [released.name]);
  });
});

describe("every rule", () => {
  it("has an id of its own, a reason, and a standard that it comes from", () => {
    assert.equal(new Set(ruleIds).size, ruleIds.length);
    for (const rule of [...resourceRules, ...stackRules, ...gateRules]) {
      assert.match(rule.id, /^[a-z]+(-[a-z]+)*$/);
      assert.ok(rule.asks.length > 20 && rule.reason.length > 20 && rule.standard.length > 0, rule.id);
    }
  });
});

describe("an exception", () => {
  const good = { rule: "network-logs-flows", resource: "region", reason: "a network of three days", owner: "ops", expires: "2026-12-31" };
  const found = (exceptions: readonly object[]): readonly { isBlocking: boolean }[] =>
    violations([], court({ exceptions })).filter(({ rule }) => rule === good.rule);

  it("excuses, and is told all the same", () =>
    assert.deepEqual(found([good]), [{ ...found([good])[0], isBlocking: false, exception: good }]));
  it("is over on the day after its last", () => {
    assert.equal(found([{ ...good, expires: today }])[0]?.isBlocking, false);
    assert.equal(found([{ ...good, expires: "2026-11-20" }])[0]?.isBlocking, true);
  });
  it("does not excuse another rule or resource", () => {
    assert.equal(found([{ ...good, resource: "acorn-*" }])[0]?.isBlocking, true);
    assert.equal(found([{ ...good, rule: "volume-has-backup" }])[0]?.isBlocking, true);
    assert.equal(found([{ ...good, resource: "reg*" }])[0]?.isBlocking, false);
  });

  it("is told when nothing needs it", () => {
    const idle = (exceptions: readonly object[]): readonly string[] => {
      const held = court({ exceptions });
      return idleExceptions(held, violations([], held)).map(({ resource }) => resource);
    };
    assert.deepEqual(idle([good]), []);
    assert.deepEqual(idle([good, { ...good, resource: "acorn-*" }]), ["acorn-*"]);
    assert.deepEqual(idle([{ ...good, resource: "acorn-*", expires: "2026-11-20" }]), [], "an expired one blocks and says so itself");
  });

  it("from what a gate asks is told of the images that it speaks of, built or promoted, and excuses no plan", () => {
    const image = (name: string): PlannedResource => ({
      type: "coinfleet:aws:Image",
      name,
      inputs: {},
      protect: false,
      retainOnDelete: false,
    });
    const built = [image("acorn-acornd-2.0.0-go-0a0a0a0a-x86_64"), image("acorn-acornd-3.0.0-go-0b0b0b0b-x86_64")];
    const accepted = { ...good, rule: "image-vulnerable", resource: "acorn-acornd-2.0.0-*" };
    const told = (exceptions: readonly object[], more: Situation = {}): readonly object[] =>
      violations(built, court({ exceptions, ...more })).flatMap(({ rule, resource, isBlocking, exception }) =>
        rule === accepted.rule ? [{ resource, isBlocking, exception }] : [],
      );
    assert.deepEqual(told([]), []);
    assert.deepEqual(told([accepted]), [{ resource: built[0]?.name, isBlocking: false, exception: accepted }]);
    assert.deepEqual(told([{ ...accepted, expires: "2026-11-20" }]), [], "what has expired is told as every other exception is");
    const promoted = { ...accepted, resource: "acorn-acornd-1.0.0-*" };
    const situation = {
      promoted: `{ acorn-acornd-1.0.0-go-0c0c0c0c-x86_64: "111111111111.dkr.ecr.eu-central-1.amazonaws.com/a@sha256:${"0".repeat(64)}" }`,
    };
    assert.equal(told([promoted], situation).length, 1);
    const held = court({ exceptions: [accepted, promoted] });
    assert.deepEqual(idleExceptions(held, violations(built, held)), [promoted], "its image is in the stack no more");
  });

  const problems = (change: object): readonly string[] => parseExceptions([{ ...good, ...change }], ruleIds, today).problems;
  it("needs a known rule, a reason, an owner, and a date within a year", () => {
    assert.deepEqual(problems({}), []);
    assert.deepEqual(problems({ expires: "2026-12-31 00:00:00 +0000 UTC" }), []);
    for (const change of [
      { rule: "no-such-rule" },
      { reason: "why not" },
      { owner: undefined },
      { expires: "2028-01-01" },
      { expires: "soon" },
      { until: "2026-12-31" },
    ]) {
      assert.equal(problems(change).length, 1, JSON.stringify(change));
    }
    assert.deepEqual(parseExceptions("all", ruleIds, today).problems, ["coinfleet:exceptions is not a list"]);
  });
});

describe("a search for credentials", () => {
  it("takes no ARN, digest, URL or placeholder for one", () => {
    const harmless = [
      "arn:aws:secretsmanager:eu-central-1:000000000000:secret:coinfleet/test/acorn/rpc-AbCdEf",
      `registry.example/acorn@sha256:${"0a".repeat(32)}`,
      "arn:aws:secretsmanager:eu-central-1:000000000000:secret:coinfleet/production/nem/boot-1-a1B2c3",
      "rpcpassword={{secret:rpc}}",
      "https://one.example/tip",
      '{"secrets":{"rpc-password":"arn:aws:secretsmanager:eu-central-1:000000000000:secret:a-1"}}',
    ];
    assert.deepEqual(harmless.flatMap(credentialsIn), []);
  });
});
