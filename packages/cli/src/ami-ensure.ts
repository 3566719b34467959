import { CreateTagsCommand, DescribeImagesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { buildMachineImage } from "@coinfleet/build";
import { z } from "zod";
import { retireAmis } from "./ami-retire.ts";
import { awsSettings, calling } from "./aws-call.ts";
import { Deadline } from "./deadline.ts";
import type { Reporter } from "./reporter.ts";

export const amiSchema = z.strictObject({
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  environment: z.string(),
  region: z.string(),
  architecture: z.enum(["x86_64", "arm64"]),
  subnetId: z.string(),
  keyArn: z.string(),
  files: z.record(z.string(), z.string()),
  timeoutSec: z.number().positive(),
});

/** What `ami build` is told. */
export type AmiInput = z.infer<typeof amiSchema>;

const digestTag = "coinfleet:digest";

/** The newest available AMI of this account with the digest. Environments share it: its name, too, is the digest's. */
async function findAmi(ec2: EC2Client, digest: string): Promise<string | undefined> {
  const filters = [
    { Name: `tag:${digestTag}`, Values: [digest] },
    { Name: "state", Values: ["available"] },
  ];
  const answer = await calling("ec2:DescribeImages", ec2.send(new DescribeImagesCommand({ Owners: ["self"], Filters: filters })));
  const found = (answer.Images ?? []).filter(
    ({ State, Tags }) => State === "available" && (Tags ?? []).some(({ Key, Value }) => Key === digestTag && Value === digest),
  );
  return found.sort((a, b) => (b.CreationDate ?? "").localeCompare(a.CreationDate ?? ""))[0]?.ImageId;
}

/** Packer 1.6.6's SDK does not read AWS_ENDPOINT_URL; the template has a variable for it, empty on AWS. */
function packerVariables({ region, subnetId, keyArn }: AmiInput, environment: NodeJS.ProcessEnv): Record<string, string> {
  return {
    region,
    subnet_id: subnetId,
    key_arn: keyArn,
    custom_endpoint_ec2: environment["AWS_ENDPOINT_URL_EC2"] ?? environment["AWS_ENDPOINT_URL"] ?? "",
  };
}

/** Finds the AMI with this digest or builds it. Resolves to its id. */
export async function ensureAmi(input: AmiInput, reporter: Reporter): Promise<string> {
  const ec2 = new EC2Client(awsSettings(input.region));
  const deadline = new Deadline(input.timeoutSec);
  const found = await findAmi(ec2, input.digest);
  if (found !== undefined) {
    reporter.say(`${found}: has this digest already`);
    return found;
  }
  const image = await buildMachineImage({
    files: input.files,
    variables: packerVariables(input, process.env),
    timeoutMs: deadline.remainingSec * 1000,
    environment: { ...process.env, AWS_REGION: input.region, AWS_DEFAULT_REGION: input.region },
    onLine: reporter.say,
  });
  // Whatever the template tags: without this one the next run would build it again.
  await calling(
    "ec2:CreateTags",
    ec2.send(new CreateTagsCommand({ Resources: [image], Tags: [{ Key: digestTag, Value: input.digest }] })),
    `${image} exists, without its digest tag.`,
  );
  reporter.say(`${image}: built`);
  await retireAmis(ec2, digestTag, input.architecture, reporter);
  return image;
}
