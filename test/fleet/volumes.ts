import assert from "node:assert/strict";
import type { StackFile } from "../engine/support.ts";
import type { FleetUnderTest } from "./fleet-under-test.ts";
import type { Groups } from "./stack.ts";

const type = {
  attachment: "aws:ec2/volumeAttachment:VolumeAttachment",
  command: "command:local:Command",
  instance: "aws:ec2/instance:Instance",
  volume: "aws:ebs/volume:Volume",
} as const;

/** What is refused because data would be lost. Litecoin's volumes are 2 GiB. */
export function describeVolumes(
  fleetUnderTest: () => FleetUnderTest,
  file: (groups?: Groups, zones?: readonly string[]) => StackFile,
): void {
  describe("data volumes", () => {
    let fleet: FleetUnderTest;
    before(() => void (fleet = fleetUnderTest()));

    async function refusal(wish: StackFile): Promise<string> {
      await fleet.stack.write(wish);
      const { code, stdout, stderr } = await fleet.stack.preview();
      assert.notEqual(code, 0);
      return stdout + stderr;
    }

    it("do not shrink, and the preview says why", async () => {
      assert.match(
        await refusal(file({ litecoin: { volume: { sizeGiB: 1 } } })),
        /VolumeCannotShrink: the stack file asks for 1 GiB where 2 GiB was promised/,
      );
    });

    it("do not move to another zone, and the preview says why", async () => {
      assert.match(
        await refusal(file({}, ["eu-central-1b", "eu-central-1a"])),
        /VolumeCannotMove: the stack file moves the node from eu-central-1[ab] to eu-central-1[ab]/,
      );
    });

    it("are kept when the group gets fewer nodes: that is refused", async () => {
      const said = await refusal(file({ litecoin: { count: 1 } }));
      assert.match(said, /litecoin-2-data-volume-g1.*protect|protect.*litecoin-2-data-volume-g1/s);
    });

    it("are the same ones on new hosts of another instance type, one host after the other", async () => {
      await fleet.stack.write(file({ litecoin: { instanceType: "t3.xlarge" } }));
      const plan = (await fleet.stack.plan()).filter((line) => line.includes("litecoin"));
      assert.deepEqual(
        plan.filter((line) => line.includes(type.volume)),
        [],
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
  });
}
