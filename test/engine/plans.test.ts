import assert from "node:assert/strict";
import { CopyImageCommand, DescribeImagesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { startApiAlone, type ApiAlone } from "@coinfleet/sandbox";
import { recordProgram } from "../program/record-program.ts";
import { TestStack, type PlanLine, type StackFile } from "./support.ts";

// The real engine and the real provider against the sandbox's API, on a fleet of three coins. There are no machines: what a host does is shown by
// fleet-program.test.ts and test/fleet. `coinfleet` is a script that says yes, or no for the node that a file names.
const coinfleet = `#!/bin/sh
input=$(cat)
case $1 in
  gate) node=$(printf %s "$input" | sed 's/.*"node":"\\([^"]*\\)".*/\\1/'); [ ! -e "fails-$node" ] || { echo "$node did not come back" >&2; exit 1; }; echo "{}" ;;
esac
`;

type Group = Readonly<Record<string, unknown>>;

interface Wish {
  readonly nodes?: Readonly<Record<string, Group | undefined>>;
  readonly fleet?: Readonly<Record<string, unknown>>;
}

/** Ids of the machine images that there are. */
let machineImages: readonly string[] = [];

async function makeMachineImages({ endpoint, env }: ApiAlone): Promise<readonly string[]> {
  const credentials = { accessKeyId: env["AWS_ACCESS_KEY_ID"] ?? "", secretAccessKey: env["AWS_SECRET_ACCESS_KEY"] ?? "" };
  const ec2 = new EC2Client({ endpoint, region: "eu-central-1", credentials });
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ["136693071363"] }));
  const SourceImageId = Images[0]?.ImageId;
  const copies = ["one", "two"].map((Name) => ec2.send(new CopyImageCommand({ Name, SourceImageId, SourceRegion: "eu-central-1" })));
  return (await Promise.all(copies)).map(({ ImageId }) => ImageId ?? "");
}

const groups: Readonly<Record<string, Group>> = {
  litecoin: { network: "regtest", count: 2, sources: { litecoind: "debian" }, instanceType: "t3.large", volume: { sizeGiB: 10 } },
  ethereum: { network: "dev", sources: { geth: "go" }, release: { geth: "1.16.8" }, instanceType: "t3.large", addresses: "elastic" },
  monero: { network: "regtest", count: 2, sources: { monerod: "debian" }, instanceType: "t3.large", loadBalancer: true },
};

function config(wish: Wish = {}, promoted: Readonly<Record<string, string>> = {}): StackFile {
  const nodes = { ...groups, ...wish.nodes };
  return {
    "aws:region": "eu-central-1",
    "aws:allowedAccountIds": ["000000000000"],
    "coinfleet:fleet": {
      zones: ["eu-central-1a", "eu-central-1b"],
      network: { cidr: "10.0.0.0/16" },
      machineImage: { ids: { x86_64: machineImages[0] ?? "ami-00000000" }, distribution: "debian" },
      images: { promoted },
      ...wish.fleet,
      nodes: Object.fromEntries(Object.entries(nodes).filter(([, group]) => group !== undefined)),
    },
  };
}

/** The stack file with each of its images promoted from elsewhere: what a program without docker can run. */
async function promotedConfig(wish: Wish = {}): Promise<StackFile> {
  const { outputs } = await recordProgram("plans", config(wish));
  const digest = (key: string): string => Buffer.from(key).toString("hex").padEnd(64, "0").slice(-64);
  const repository = "000000000000.dkr.ecr.eu-central-1.amazonaws.com/coinfleet/staging";
  const keys = Object.keys(outputs["images"] as object);
  return config(wish, Object.fromEntries(keys.map((key) => [key, `${repository}/image@sha256:${digest(key)}`])));
}

describe("plans of a running fleet", function () {
  this.timeout(15 * 60_000);
  // One story: after a step that fails, the next ones prove nothing.
  this.bail(true);
  let api: ApiAlone;
  let stack: TestStack;

  before(async () => {
    api = await startApiAlone();
    machineImages = await makeMachineImages(api);
    stack = await TestStack.create("plans", api.env, coinfleet);
  });

  after(async () => {
    await stack?.remove();
    await api?.stop();
  });

  const write = async (wish: Wish = {}): Promise<void> => stack.write(await promotedConfig(wish));

  async function planOf(wish: Wish): Promise<readonly PlanLine[]> {
    await write(wish);
    return [...(await stack.plan())].sort();
  }

  async function upOf(wish: Wish, ...flags: readonly string[]): Promise<{ code: number; text: string }> {
    await write(wish);
    const { code, stdout, stderr } = await stack.up(...flags);
    return { code, text: stdout + stderr };
  }

  it("makes the fleet, and plans no change when nothing has changed", async () => {
    const { code, text } = await upOf({});
    assert.equal(code, 0, text);
    assert.deepEqual(await planOf({}), []);
  });
});
