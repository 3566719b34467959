import { DescribeSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { awsSettings, calling, errorCode } from "./aws-call.ts";
import type { Reporter } from "./reporter.ts";
import { generateSecret } from "./secret-value.ts";

export const secretSchema = z.strictObject({ region: z.string(), secretIds: z.array(z.string().startsWith("arn:")).min(1) });

async function hasValue(client: SecretsManagerClient, secretId: string): Promise<boolean> {
  const answer = await calling("secretsmanager:DescribeSecret", client.send(new DescribeSecretCommand({ SecretId: secretId })));
  return Object.values(answer.VersionIdsToStages ?? {}).some((stages) => stages.includes("AWSCURRENT"));
}

/** Fixed for a secret: of two runs at once the second one is refused by AWS instead of replacing the first one's value. */
const firstValueToken = (secretId: string): string => `coinfleet-ensure-first-value-${secretId.slice(-6)}`;

/** Another run was faster: AWS refuses a second value under the same token. */
function isOvertaken(cause: unknown): false {
  if (errorCode(cause) === "ResourceExistsException") return false;
  throw cause;
}

/** Gives secrets without a value their first one, made here and sent nowhere else. Values that exist are neither read nor changed. */
export async function ensureSecrets({ region, secretIds }: z.infer<typeof secretSchema>, reporter: Reporter): Promise<void> {
  const client = new SecretsManagerClient(awsSettings(region));
  for (const secretId of secretIds) {
    const name = secretId.split(":secret:").at(-1) ?? secretId;
    if (await hasValue(client, secretId)) {
      reporter.say(`${name}: has a value`);
      continue;
    }
    const value = generateSecret();
    const put = client.send(
      new PutSecretValueCommand({ SecretId: secretId, ClientRequestToken: firstValueToken(secretId), SecretString: value }),
    );
    const isFirst = await calling("secretsmanager:PutSecretValue", put.then(() => true).catch(isOvertaken));
    reporter.say(`${name}: ${isFirst ? "first value made" : "another run made the first value"}`);
  }
}
