import { arn, type Place } from "./place.ts";
import { policyDocument, type PolicyDocument } from "./policy-document.ts";

const use = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"];

/** Who may use the environment's key: the account by its own IAM policies, and the services that encrypt on their own behalf. */
export function keyPolicy(place: Place): PolicyDocument {
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
  ]);
}
