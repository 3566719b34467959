import { z } from "zod";
import type { PlannedResource, SecurityRule } from "./planned-resource.ts";

const oneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);

const statement = z.object({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Action: oneOrMore,
  Resource: oneOrMore.optional(),
  Condition: z.record(z.string(), z.unknown()).optional(),
});

type Statement = z.infer<typeof statement>;

const document = z.preprocess(
  (value): unknown => (typeof value === "string" ? JSON.parse(value) : value),
  z.object({ Statement: z.array(statement) }),
);

/** Actions that know no resources, or whose resource is the account. Some of them only with the condition that bounds them. */
const withoutResource: Readonly<Record<string, { readonly needs?: string }>> = {
  "ecr:GetAuthorizationToken": {},
  "cloudwatch:PutMetricData": { needs: "cloudwatch:namespace" },
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

function statementsOf(value: unknown): readonly Statement[] | undefined {
  const parsed = document.safeParse(value);
  return parsed.success ? parsed.data.Statement : undefined;
}

/** Least privilege, as far as one policy shows it. What a role may do to its neighbours is a question for a policy simulator. */
export const iamRules: readonly SecurityRule[] = [
  { id: "role-policy-least-privilege", types: ["aws:iam/rolePolicy:RolePolicy"], check: checkRolePolicy },
  { id: "role-trusts-own-account", types: ["aws:iam/role:Role"], check: checkTrust },
];

function checkRolePolicy({ inputs }: PlannedResource): readonly string[] {
  const statements = statementsOf(inputs["policy"]);
  if (statements === undefined) return ["the policy cannot be read"];
  return statements.filter(({ Effect }) => Effect === "Allow").flatMap(problemsOfStatement);
}

function checkTrust({ inputs }: PlannedResource): readonly string[] {
  const statements = statementsOf(inputs["assumeRolePolicy"]);
  if (statements === undefined) return ["the trust policy cannot be read"];
  const isBound = ({ Condition }: Statement): boolean => JSON.stringify(Condition ?? {}).includes("aws:SourceAccount");
  return statements
    .filter((one) => !isBound(one))
    .map(({ Sid }) => `statement ${Sid ?? "without a name"} trusts a service without aws:SourceAccount`);
}

function problemsOfStatement({ Sid, Action, Resource, Condition }: Statement): readonly string[] {
  const name = Sid ?? "without a name";
  const wide = Action.filter((action) => action === "*" || action.endsWith(":*")).map((action) => `statement ${name} allows ${action}`);
  const everywhere = (Resource ?? ["*"]).includes("*")
    ? Action.filter((action) => !isBounded(action, Condition)).map((action) => `statement ${name} allows ${action} on every resource`)
    : [];
  return [...wide, ...everywhere];
}

function isBounded(action: string, condition: Readonly<Record<string, unknown>> | undefined): boolean {
  const known = withoutResource[action];
  return known !== undefined && (known.needs === undefined || JSON.stringify(condition ?? {}).includes(`"${known.needs}"`));
}
