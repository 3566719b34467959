import { DescribeInstancesCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { calling, errorCode } from "./aws-call.ts";

/** EC2's word for an instance's state; `gone` when it knows none of that id. */
export async function instanceState(ec2: EC2Client, instanceId: string): Promise<string> {
  const asked = ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] })).catch((cause: unknown) => {
    if (errorCode(cause) === "InvalidInstanceID.NotFound") return undefined;
    throw cause;
  });
  const answer = await calling("ec2:DescribeInstances", asked);
  return answer?.Reservations?.[0]?.Instances?.[0]?.State?.Name ?? "gone";
}
