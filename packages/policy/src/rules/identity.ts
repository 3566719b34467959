import { conditionKeys, isPublic, statementsOf, type IamStatement } from "../iam-document.ts";
import { must, type Finding, type ResourceRule } from "../rule.ts";
import { elements, isUnknown } from "../values.ts";

/** Actions that know no resources, or whose resource is the account. Some of them only with the condition that bounds them. */
const withoutResource: Readonly<Record<string, { readonly needs?: string }>> = {
  "ecr:GetAuthorizationToken": {},
  "cloudwatch:PutMetricData": { needs: "cloudwatch:namespace" },
  "cloudwatch:DescribeAlarms": {},
  "cloudwatch:GetMetricData": {},
  "ec2:DescribeInstances": {},
  "ec2:DescribeSnapshots": {},
  "ec2:DescribeTags": {},
  "ec2:DescribeVolumes": {},
  "ec2:DescribeVolumesModifications": {},
  "ssm:DescribeInstanceInformation": {},
  "ssm:UpdateInstanceInformation": {},
  "ssmmessages:CreateControlChannel": {},
  "ssmmessages:CreateDataChannel": {},
  "ssmmessages:OpenControlChannel": {},
  "ssmmessages:OpenDataChannel": {},
  "ec2messages:AcknowledgeMessage": {},
  "ec2messages:DeleteMessage": {},
  "ec2messages:FailMessage": {},
  "ec2messages:GetEndpoint": {},
  "ec2messages:GetMessages": {},
  "ec2messages:SendReply": {},
};

const rolePolicy = ["aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy"];

/** Least privilege, as far as one policy shows it. What a role may do to its neighbours is a question for a policy simulator. */
export const identityRules: readonly ResourceRule[] = [
  {
    id: "role-policy-least-privilege",
    severity: "critical",
    asks: "No policy allows every action of a service, or an action on every resource that could be bounded.",
    reason: "One host that is taken over must not become the whole account.",
    standard: ["FSBP IAM.1", "FSBP IAM.21", "CIS AWS 3.0 1.16"],
    types: rolePolicy,
    check: ({ inputs }) => ofAllowed(inputs["policy"], problemsOfStatement),
  },
  {
    id: "secret-read-own-only",
    severity: "critical",
    asks: "A role reads the secrets that it names, each by its whole name.",
    reason: "A wildcard gives one coin's host the keys of the others.",
    standard: ["Coinfleet: GetSecretValue on that group's secrets only"],
    types: rolePolicy,
    check: ({ inputs }) =>
      ofAllowed(inputs["policy"], ({ Action, Resource }) =>
        Action.some((action) => /^secretsmanager:(GetSecretValue|Get\*|BatchGetSecretValue)$/.test(action))
          ? (Resource ?? ["*"]).filter((resource) => resource.includes("*")).map((resource) => `it may read the secrets ${resource}`)
          : [],
      ),
  },
  {
    id: "volume-change-by-tag",
    severity: "high",
    asks: "Volumes, instances and snapshots are changed only where their tags say that they are ours.",
    reason: "The account may hold other people's volumes.",
    standard: ["Coinfleet: ModifyVolume by tag condition"],
    types: rolePolicy,
    check: ({ inputs }) =>
      ofAllowed(inputs["policy"], (one) =>
        conditionKeys(one).some((key) => key.startsWith("aws:ResourceTag/") || key.startsWith("ec2:ResourceTag/"))
          ? []
          : one.Action.filter((action) => /^ec2:(Modify|Detach|Attach|Delete|Terminate|Stop|Reboot)/.test(action)).map(
              (action) => `it may ${action} whatever its tags`,
            ),
      ),
  },
  {
    id: "role-trusts-own-account",
    severity: "critical",
    asks: "A role is assumed by a named service on behalf of this account, by EC2 for its instances, or by a named identity provider with its audience and subject.",
    reason: "A service that acts for anybody acts for a stranger too (the confused deputy).",
    standard: ["AWS IAM guide: the confused deputy problem"],
    types: ["aws:iam/role:Role"],
    check: ({ inputs }) =>
      ofAllowed(inputs["assumeRolePolicy"], (one) => [
        ...(isPublic(one) ? [`${nameOf(one)} trusts everybody`] : []),
        ...(isBoundTrust(one) ? [] : [`${nameOf(one)} trusts a service without aws:SourceAccount`]),
      ]),
  },
  {
    id: "role-no-foreign-policy",
    severity: "high",
    asks: "Roles have policies of this program only.",
    reason: "Policies of AWS's own are wide: the one for SSM reads every parameter of the account.",
    standard: ["FSBP IAM.1", "Coinfleet: our own policies"],
    types: ["aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/role:Role"],
    check: ({ inputs }) =>
      [inputs["policyArn"], ...elements(inputs["managedPolicyArns"])].flatMap((arn) =>
        must(arn, (one) => typeof one !== "string" || !one.startsWith("arn:aws:iam::aws:"), `it has AWS's policy ${String(arn)}`),
      ),
  },
  {
    id: "no-users",
    severity: "critical",
    asks: "The program makes no users and no access keys.",
    reason: "Keys that do not expire are the ones that leak.",
    standard: ["FSBP IAM.3", "CIS AWS 3.0 1.14"],
    types: ["aws:iam/user:User", "aws:iam/accessKey:AccessKey"],
    check: () => [{ what: "it would be a credential that does not expire" }],
  },
];

function ofAllowed(value: unknown, problems: (one: IamStatement) => readonly string[]): readonly Finding[] {
  if (isUnknown(value)) return [{ what: "the policy is not known yet", isUnknown: true }];
  const statements = statementsOf(value);
  if (statements === undefined) return [{ what: "the policy cannot be read" }];
  return statements
    .filter(({ Effect }) => Effect === "Allow")
    .flatMap(problems)
    .map((what) => ({ what }));
}

function problemsOfStatement(one: IamStatement): readonly string[] {
  const { Action, Resource } = one;
  const wide = Action.filter((action) => action === "*" || action.endsWith(":*")).map((action) => `${nameOf(one)} allows ${action}`);
  const everywhere = (Resource ?? ["*"]).includes("*")
    ? Action.filter((action) => !isBounded(action, one)).map((action) => `${nameOf(one)} allows ${action} on every resource`)
    : [];
  return [...wide, ...everywhere];
}

function isBounded(action: string, one: IamStatement): boolean {
  const known = withoutResource[action];
  return known !== undefined && (known.needs === undefined || conditionKeys(one).includes(known.needs));
}

function isBoundTrust(one: IamStatement): boolean {
  const keys = conditionKeys(one);
  if (one.Action.includes("sts:AssumeRoleWithWebIdentity")) {
    return keys.some((key) => key.endsWith(":aud")) && keys.some((key) => key.endsWith(":sub"));
  }
  return keys.includes("aws:SourceAccount") || isForInstances(one);
}

/** EC2 says of no role for whom it takes it; only who may pass the role in this account can give it to an instance. */
function isForInstances({ Principal }: IamStatement): boolean {
  const services = typeof Principal === "object" ? Principal["Service"] : undefined;
  return services?.length === 1 && services[0] === "ec2.amazonaws.com";
}

function nameOf({ Sid }: IamStatement): string {
  return `statement ${Sid ?? "without a name"}`;
}
