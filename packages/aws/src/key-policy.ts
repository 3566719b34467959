import { arn, type Place } from "./place.ts";
import { policyDocument, type PolicyDocument, type Statement } from "./policy-document.ts";

const use = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"];

/**
 * Who may use the environment's key: the account by its own IAM policies, the services that encrypt on their own behalf, and accounts that launch its machine
 * images. These need it for EBS only, and have no snapshot but those images' own.
 */
export function keyPolicy(place: Place, sharedWith: readonly string[]): PolicyDocument {
  const fromThisAccount = { StringEquals: { "aws:SourceAccount": place.account } };
  return policyDocument([
    {
      Sid: "AccountByItsOwnPolicies",
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${place.account}:root` },
      Action: ["kms:*"],
      Resource: ["*"],
    },
    {
      Sid: "Logs",
      Effect: "Allow",
      Principal: { Service: `logs.${place.region}.amazonaws.com` },
      Action: use,
      Resource: ["*"],
      Condition: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": arn(place, "logs", `log-group:/coinfleet/${place.environment}/*`) } },
    },
    {
      Sid: "AlarmsToEncryptedTopics",
      Effect: "Allow",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
      Resource: ["*"],
      Condition: fromThisAccount,
    },
    {
      Sid: "SnapshotPolicies",
      Effect: "Allow",
      Principal: { Service: "dlm.amazonaws.com" },
      Action: [...use, "kms:CreateGrant"],
      Resource: ["*"],
      Condition: fromThisAccount,
    },
    ...(sharedWith.length === 0 ? [] : launching(place, sharedWith)),
  ]);
}

/** What EBS asks for when another account starts an instance from an encrypted image. */
function launching(place: Place, accounts: readonly string[]): readonly Statement[] {
  const viaEbs = { "kms:ViaService": `ec2.${place.region}.amazonaws.com` };
  const Principal = { AWS: accounts.map((account) => `arn:aws:iam::${account}:root`) };
  return [
    {
      Sid: "LaunchSharedImages",
      Effect: "Allow",
      Principal,
      Action: ["kms:Decrypt", "kms:DescribeKey", "kms:ReEncryptFrom", "kms:GenerateDataKeyWithoutPlaintext"],
      Resource: ["*"],
      Condition: { StringEquals: viaEbs },
    },
    {
      Sid: "LaunchSharedImagesByEbs",
      Effect: "Allow",
      Principal,
      Action: ["kms:CreateGrant"],
      Resource: ["*"],
      Condition: { StringEquals: viaEbs, Bool: { "kms:GrantIsForAWSResource": "true" } },
    },
  ];
}
