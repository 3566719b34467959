import { isPublic, statementsOf } from "../iam-document.ts";
import { must, mustBe, type Finding, type ResourceRule } from "../rule.ts";
import { isText, isUnknown } from "../values.ts";

/** What credentials look like, wherever they are written. */
const patterns: Readonly<Record<string, RegExp>> = {
  "an AWS access key": /\b(AKIA|ASIA)[0-9A-Z]{16}\b/,
  "a private key": /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  "a GitHub token": /\bgh[pousr]_[A-Za-z0-9]{36,}\b/,
  "a GitLab token": /\bglpat-[A-Za-z0-9_-]{20,}\b/,
  "a Slack token": /\bxox[abprs]-[A-Za-z0-9-]{10,}\b/,
  "a web token": /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/,
  "a password in an address": /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@{}]+:[^\s/:@{}]{3,}@/i,
};

const assignment = /(?:password|passwd|secret|token|api_?key)\w*\\?["']?\s*[:=]\s*\\?["']?([A-Za-z0-9+/_=-]{16,})/gi;

/** Bits per character: random base64 has about 5 at this length, hexadecimal about 3.5, a word about 3. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
}

/** What of a text looks like a credential, by pattern, or by how random a value is that is called a secret. */
export function credentialsIn(text: string): readonly string[] {
  const known = Object.entries(patterns).flatMap(([what, pattern]) => (pattern.test(text) ? [what] : []));
  // The name of a secret is none, and in an ARN it follows the word.
  const random = [...text.replaceAll(/\barn:[^\s"'\\]+/g, "").matchAll(assignment)].some(
    ([, value = ""]) => entropy(value) > 3.2 && /\d/.test(value),
  );
  return random ? [...known, "a random value that is called a secret"] : known;
}

/** Secrets, keys, and that they are nowhere else. */
export const secretRules: readonly ResourceRule[] = [
  {
    id: "secret-is-a-keeper",
    severity: "critical",
    asks: "Secrets are encrypted with the environment's key, can be got back for a week, protected and retained.",
    reason: "A secret that is gone locks us out of every node that has it.",
    standard: ["Coinfleet: keepers", "NIST SP 800-53 SC-28"],
    types: ["aws:secretsmanager/secret:Secret"],
    check: ({ inputs, protect, retainOnDelete }) => [
      ...must(inputs["kmsKeyId"], isText, "it is not encrypted with our key"),
      ...must(inputs["recoveryWindowInDays"], (days) => Number(days) >= 7, "its recovery window is shorter than 7 days"),
      ...mustBe(protect, true, "it is not protected"),
      ...must(retainOnDelete, (retain) => retain !== false, "it is not retained"),
    ],
  },
  {
    id: "secret-has-no-value-in-state",
    severity: "critical",
    asks: "No resource holds a secret's value.",
    reason: "Whoever may read the state would have every secret.",
    standard: ["docs/adr/0006-secrets-are-filled-outside-the-state.md"],
    types: ["aws:secretsmanager/secretVersion:SecretVersion", "random:index/randomPassword:RandomPassword"],
    check: () => [{ what: "a secret's value would be in the state" }],
  },
  {
    id: "no-secret-in-plain-text",
    severity: "critical",
    asks: "No credential is written into user data, tags, names, documents, parameters or commands.",
    reason: "All of these can be read by many more people than may have it, and they are kept for ever.",
    standard: ["FSBP ECS.8", "Coinfleet: a secret is in one place"],
    types: ["aws:*", "command:*", "docker:*"],
    check: ({ name, inputs }) =>
      Object.entries({ ...inputs, name }).flatMap(([key, value]): readonly Finding[] =>
        isUnknown(value) ? [] : credentialsIn(JSON.stringify(value) ?? "").map((what) => ({ what: `${key} holds ${what}` })),
      ),
  },
  {
    id: "key-rotates",
    severity: "critical",
    asks: "Keys rotate, can be got back for a week, and are protected and retained.",
    reason: "Without its key a volume and all its snapshots are noise.",
    standard: ["FSBP KMS.3", "Security Hub KMS.4", "CIS AWS 3.0 3.6"],
    types: ["aws:kms/key:Key"],
    check: ({ inputs, protect, retainOnDelete }) => [
      ...mustBe(inputs["enableKeyRotation"], true, "it does not rotate"),
      ...must(inputs["deletionWindowInDays"], (days) => Number(days) >= 7, "its deletion window is shorter than 7 days"),
      ...mustBe(protect, true, "it is not protected"),
      ...must(retainOnDelete, (retain) => retain !== false, "it is not retained"),
    ],
  },
  {
    id: "resource-policy-not-public",
    severity: "critical",
    asks: "No key, topic, repository, bucket, queue or secret may be used by everybody.",
    reason: "A policy on the thing itself opens it past every role.",
    standard: ["FSBP SNS.4", "FSBP S3.2", "FSBP SQS.3", "FSBP KMS.5"],
    types: [
      "aws:kms/key:Key",
      "aws:sns/topic:Topic",
      "aws:sns/topicPolicy:TopicPolicy",
      "aws:ecr/repositoryPolicy:RepositoryPolicy",
      "aws:s3/bucketPolicy:BucketPolicy",
      "aws:sqs/queue:Queue",
      "aws:secretsmanager/secretPolicy:SecretPolicy",
    ],
    check: ({ inputs }) =>
      must(
        inputs["policy"],
        (policy) => policy === undefined || !(statementsOf(policy) ?? []).some((one) => isPublic(one) && one.Condition === undefined),
        "everybody may use it",
      ),
  },
];
