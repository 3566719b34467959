import assert from "node:assert/strict";
import { EC2Client } from "@aws-sdk/client-ec2";
import { retireAmis } from "./ami-retire.ts";
import { awsSettings } from "./aws-call.ts";
import { startFakeAws, type FakeAws } from "./testing/fake-aws.ts";

const images = ["ami-6", "ami-5", "ami-4", "ami-3", "ami-2", "ami-1"];
const item = (id: string, more = ""): string => `<item><imageId>${id}</imageId>${more}</item>`;
const answer = (name: string, body: string): { xml: string } => ({
  xml: `<${name}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId>${body}</${name}Response>`,
});

describe("retireAmis", () => {
  let aws: FakeAws;
  let ended: string[];
  const said: string[] = [];
  const retire = async (used: Readonly<Record<string, string>>, shared: readonly string[]): Promise<string[]> => {
    const hosts = Object.entries(used).map(([id, state]) => item(id, `<instanceState><name>${state}</name></instanceState>`));
    aws.on("DescribeInstances", () =>
      answer("DescribeInstances", `<reservationSet><item><instancesSet>${hosts.join("")}</instancesSet></item></reservationSet>`),
    );
    aws.on("DescribeImageAttribute", ({ ImageId }) =>
      answer(
        "DescribeImageAttribute",
        `<launchPermission>${shared.includes(String(ImageId)) ? "<item><userId>222222222222</userId></item>" : ""}</launchPermission>`,
      ),
    );
    await retireAmis(new EC2Client(awsSettings("eu-central-1")), "coinfleet:digest", "x86_64", { say: (line) => said.push(line) });
    return ended;
  };

  beforeEach(async () => {
    aws = await startFakeAws();
    ended = [];
    const listed = images.map((id, n) => item(id, `<creationDate>2026-11-${20 - n}T00:00:00.000Z</creationDate>`));
    // In no order, as AWS has none.
    aws.on("DescribeImages", () => answer("DescribeImages", `<imagesSet>${[...listed].reverse().join("")}</imagesSet>`));
    aws.on("DeregisterImage", ({ ImageId, DeleteAssociatedSnapshots }) => {
      assert.equal(DeleteAssociatedSnapshots, "true");
      ended.push(String(ImageId));
      return answer("DeregisterImage", "<return>true</return>");
    });
  });
  afterEach(() => aws.close());

  it("ends all but the newest three", async () => assert.deepEqual(await retire({}, []), ["ami-3", "ami-2", "ami-1"]));
  it("keeps what a host was started from, unless it is gone", async () =>
    assert.deepEqual(await retire({ "ami-3": "stopped", "ami-2": "terminated" }, []), ["ami-2", "ami-1"]));
  it("keeps what another account may launch", async () => assert.deepEqual(await retire({}, ["ami-1"]), ["ami-3", "ami-2"]));
});
