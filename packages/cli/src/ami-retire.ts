import {
  DeregisterImageCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  type EC2Client,
  type Image,
  paginateDescribeInstances,
} from "@aws-sdk/client-ec2";
import { calling } from "./aws-call.ts";
import type { Reporter } from "./reporter.ts";

/** For the way back, and for stack files that have not taken the newest one yet. */
const kept = 3;

/**
 * Ends our machine images of an architecture but for the newest three, those that a host was started from, and those that another account may launch.
 * Their snapshots end with them.
 */
export async function retireAmis(
  ec2: EC2Client,
  digestTag: string,
  architecture: "x86_64" | "arm64",
  reporter: Pick<Reporter, "say">,
): Promise<void> {
  const filters = [
    { Name: "tag-key", Values: [digestTag] },
    { Name: "architecture", Values: [architecture] },
  ];
  const answer = await calling("ec2:DescribeImages", ec2.send(new DescribeImagesCommand({ Owners: ["self"], Filters: filters })));
  const byAge = [...(answer.Images ?? [])].sort((a, b) => (b.CreationDate ?? "").localeCompare(a.CreationDate ?? ""));
  const old = byAge.slice(kept).flatMap(({ ImageId }: Image) => ImageId ?? []);
  if (old.length === 0) return;
  const used = await calling("ec2:DescribeInstances", imagesInUse(ec2, old));
  for (const id of old.filter((one) => !used.has(one))) {
    if (await isShared(ec2, id)) continue;
    const end = new DeregisterImageCommand({ ImageId: id, DeleteAssociatedSnapshots: true });
    await calling("ec2:DeregisterImage", ec2.send(end), "The new image exists; older ones than the newest three are still there.");
    reporter.say(`${id}: older than the newest ${kept} and used by no host, so it was ended`);
  }
}

async function imagesInUse(ec2: EC2Client, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const used = new Set<string>();
  const filters = [{ Name: "image-id", Values: [...ids] }];
  for await (const page of paginateDescribeInstances({ client: ec2 }, { Filters: filters })) {
    for (const { State, ImageId } of (page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? [])) {
      if (ImageId !== undefined && State?.Name !== "terminated") used.add(ImageId);
    }
  }
  return used;
}

async function isShared(ec2: EC2Client, id: string): Promise<boolean> {
  const ask = new DescribeImageAttributeCommand({ ImageId: id, Attribute: "launchPermission" });
  return ((await calling("ec2:DescribeImageAttribute", ec2.send(ask))).LaunchPermissions ?? []).length > 0;
}
