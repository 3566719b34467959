import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { awsSettings, calling } from "./aws-call.ts";

/** Who runs this, as AWS knows it: the end of the ARN. @example "alice" */
export async function callerName(region?: string): Promise<string> {
  const { Arn } = await calling("sts:GetCallerIdentity", new STSClient(awsSettings(region)).send(new GetCallerIdentityCommand({})));
  return Arn?.split("/").at(-1) ?? "unknown";
}
