import assert from "node:assert/strict";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { startSandbox, type Sandbox } from "@coinfleet/sandbox";
import { TestStack, type PlanLine, type StackFile } from "./support.ts";

const type = {
  alarm: "aws:cloudwatch/metricAlarm:MetricAlarm",
  attachment: "aws:ec2/volumeAttachment:VolumeAttachment",
  command: "command:local:Command",
  image: "coinfleet:aws:Image",
  instance: "aws:ec2/instance:Instance",
  key: "aws:kms/key:Key",
  parameter: "aws:ssm/parameter:Parameter",
  build: "docker:index/remoteImage:RemoteImage",
  push: "docker:index/registryImage:RegistryImage",
  secret: "aws:secretsmanager/secret:Secret",
  volume: "aws:ebs/volume:Volume",
} as const;

/** Two groups, so that it shows when a change of one touches the other. */
interface Wish {
  readonly litecoin?: Readonly<Record<string, unknown>>;
  readonly ethereum?: Readonly<Record<string, unknown>>;
  readonly zones?: readonly string[];
}

const oldRelease = "1.16.8";
const newRelease = "1.16.9";

function stackFile(wish: Wish = {}): StackFile {
  const small = { instanceType: "t3.large", volume: { sizeGiB: 2 } };
  return {
    "aws:region": "eu-central-1",
    "aws:allowedAccountIds": ["000000000000"],
    "coinfleet:fleet": {
      zones: wish.zones ?? ["eu-central-1a", "eu-central-1b"],
      network: { cidr: "10.0.0.0/16" },
      machineImage: {
        source: { name: "debian-12-amd64-sandbox", owner: "136693071363" },
        distribution: "debian",
        sshUser: "debian",
        instanceType: "m6i.large",
      },
      logs: { retentionDays: 1 },
      nodes: {
        litecoin: { network: "regtest", count: 2, sources: { litecoind: "debian" }, blockEverySec: 5, ...small, ...wish.litecoin },
        ethereum: { network: "dev", count: 1, sources: { geth: "go" }, release: { geth: oldRelease }, ...small, ...wish.ethereum },
      },
    },
  };
}

async function secretValue(sandbox: Sandbox, id: string): Promise<string> {
  const credentials = { accessKeyId: sandbox.env["AWS_ACCESS_KEY_ID"] ?? "", secretAccessKey: sandbox.env["AWS_SECRET_ACCESS_KEY"] ?? "" };
  const client = new SecretsManagerClient({ endpoint: sandbox.endpoint, region: sandbox.region, credentials });
  return (await client.send(new GetSecretValueCommand({ SecretId: id }))).SecretString ?? "";
}

/** The stack file after the upgrade. */
const upgraded = (wish: Wish = {}): StackFile => stackFile({ ...wish, ethereum: { release: { geth: newRelease } } });

interface FleetNode {
  readonly instanceId: string;
  readonly volumeId: string;
  readonly hostname: string;
}

const nodeOf = (outputs: Record<string, unknown>, name: string): FleetNode => {
  const node = (outputs["nodes"] as Record<string, FleetNode>)[name];
  assert.ok(node, `the outputs have no node ${name}`);
  return node;
};

/** Lines of a plan in an order of their own: the engine's depends on what is ready first. */
const sorted = (lines: readonly PlanLine[]): readonly PlanLine[] => [...lines].sort();

/** A digest changes with what it is of; that it changes is what the plan says. */
const withoutDigests = (lines: readonly PlanLine[]): readonly PlanLine[] =>
  lines.map((line) => line.replace(/-[0-9a-f]{8}-x86_64/, "-<digest>-x86_64"));

describe("the fleet's program, with the real engine", function () {
  this.timeout(40 * 60_000);
  // One story: after a step that fails, the next ones prove nothing.
  this.bail(true);
  let sandbox: Sandbox;
  let stack: TestStack;

  before(async () => {
    sandbox = await startSandbox({ name: `engine-${process.pid}` });
    stack = await TestStack.create("fleet", sandbox.env);
  });

  after(async () => {
    await stack?.remove();
    await sandbox?.down();
  });

  /** What the daemon answers on its own host. */
  async function gethVersion(instanceId: string): Promise<string> {
    const call = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "web3_clientVersion", params: [] });
    const { stdout, stderr } = await sandbox.exec(instanceId, [
      "curl",
      "-s",
      "-H",
      "content-type: application/json",
      "-d",
      call,
      "http://127.0.0.1:8545",
    ]);
    return stdout + stderr;
  }

  it("registers nothing when the stack file is wrong, and says what is", async () => {
    await stack.write(stackFile({ litecoin: { network: "regtst", sizeGb: 3 } }));
    const { code, stdout, stderr } = await stack.up();
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /UnknownNetwork: .*\n.*fleet\.nodes\.litecoin\.network\n.*"regtst"\n.*\n.*Did you mean "regtest"\?/);
    assert.match(stdout + stderr, /UnknownKey: .*\n.*fleet\.nodes\.litecoin\.sizeGb/);
    assert.deepEqual(
      (await stack.state()).filter((one) => one.type !== "pulumi:pulumi:Stack").map((one) => one.type),
      [],
    );
  });

  it("makes the fleet", async () => {
    await stack.write(stackFile());
    const { code, stdout, stderr } = await stack.up("--parallel", "16");
    assert.equal(code, 0, stdout + stderr);
    const outputs = await stack.outputs();
    assert.deepEqual(Object.keys(outputs["nodes"] as object), ["ethereum-1", "litecoin-1", "litecoin-2"]);
  });

  it("previews no change when nothing has changed", async () => assert.deepEqual(await stack.plan(), []));

  it("keeps every secret's value out of the state", async () => {
    const state = JSON.stringify(await stack.state());
    const secrets = (await stack.state()).filter((one) => one.type === type.secret);
    assert.equal(secrets.length > 0, true);
    for (const { id } of secrets) {
      const value = await secretValue(sandbox, id ?? "");
      assert.match(value, /^[0-9a-f]{64}$/);
      assert.equal(state.includes(value), false);
    }
  });

  it("plans for a new release of one coin its image, its parameter and its gate, and nothing else", async () => {
    await stack.write(stackFile({ ethereum: { release: { geth: newRelease } } }));
    const image = (op: string, version: string): readonly PlanLine[] => [
      `${op} ${type.image} ethereum-geth-${version}-go-<digest>-x86_64`,
      `${op} ${type.build} ethereum-geth-${version}-go-<digest>-x86_64-build`,
      `${op} ${type.push} ethereum-geth-${version}-go-<digest>-x86_64-push`,
    ];
    assert.deepEqual(
      sorted(withoutDigests(await stack.plan())),
      sorted([
        ...image("create", newRelease),
        ...image("delete", oldRelease),
        `update ${type.parameter} ethereum-1-parameters-release`,
        `replace ${type.command} ethereum-1-gate`,
      ]),
    );
  });

  it("brings the new release onto the same host and the same volume, as the daemon itself says", async () => {
    const before = nodeOf(await stack.outputs(), "ethereum-1");
    assert.match(await gethVersion(before.instanceId), new RegExp(`Geth/v${oldRelease}`));
    const { code, stdout, stderr } = await stack.up();
    assert.equal(code, 0, stdout + stderr);
    const after = nodeOf(await stack.outputs(), "ethereum-1");
    assert.deepEqual(after, before);
    assert.match(await gethVersion(after.instanceId), new RegExp(`Geth/v${newRelease}`));
    await stack.write(upgraded());
    assert.deepEqual(await stack.plan(), []);
  });

  it("refuses a smaller volume before anything happens, and says why", async () => {
    await stack.write(upgraded({ litecoin: { volume: { sizeGiB: 1 } } }));
    const { code, stdout, stderr } = await stack.preview();
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /VolumeCannotShrink: the stack file asks for 1 GiB where 2 GiB was promised/);
  });

  it("refuses to move a volume to another zone, and says why", async () => {
    await stack.write(upgraded({ zones: ["eu-central-1b", "eu-central-1a"] }));
    const { code, stdout, stderr } = await stack.preview();
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /VolumeCannotMove: the stack file moves the node from eu-central-1[ab] to eu-central-1[ab]/);
  });

  it("plans for a larger volume a note on the volume, and no replacement", async () => {
    await stack.write(upgraded({ litecoin: { volume: { sizeGiB: 3 } } }));
    assert.deepEqual(sorted(await stack.plan()), [
      `update ${type.volume} litecoin-1-data-volume-g1`,
      `update ${type.volume} litecoin-2-data-volume-g1`,
    ]);
  });

  it("plans for another instance type new hosts one after the other, and the same volumes", async () => {
    await stack.write(upgraded({ litecoin: { instanceType: "t3.xlarge" } }));
    const plan = await stack.plan();
    assert.equal(
      plan.some((line) => line.includes(type.volume) || line.includes("ethereum")),
      false,
    );
    for (const node of ["litecoin-1", "litecoin-2"]) {
      for (const line of [
        `replace ${type.instance} ${node}-host`,
        `replace ${type.command} ${node}-detach`,
        `replace ${type.attachment} ${node}-attachment`,
        `replace ${type.command} ${node}-gate`,
      ]) {
        assert.ok(plan.includes(line), `${line} is not in\n${plan.join("\n")}`);
      }
    }
  });

  it("refuses fewer nodes as long as a volume is protected", async () => {
    await stack.write(upgraded({ litecoin: { count: 1 } }));
    const { code, stdout, stderr } = await stack.preview();
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /litecoin-2-data-volume-g1.*protect|protect.*litecoin-2-data-volume-g1/s);
  });

  it("refuses to be destroyed, and keeps volumes, keys and secrets when told to destroy the rest", async () => {
    await stack.write(upgraded());
    const refused = await stack.destroy();
    assert.notEqual(refused.code, 0);
    assert.match(refused.stdout + refused.stderr, /protect/);
    const done = await stack.destroy("--exclude-protected");
    assert.equal(done.code, 0, done.stdout + done.stderr);
    const left = (await stack.state()).filter((one) => one.protect === true).map((one) => one.type);
    assert.deepEqual([...new Set(left)].sort(), [type.volume, type.key, type.secret].sort());
  });
});
