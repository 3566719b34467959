import { coordinationTable, groupScope, holdScope } from "@coinfleet/sdk";
import { arn, expect, roleOf, type Environment, type Expectation } from "./environment.ts";
import type { Call } from "./iam.ts";

/** The size of this environment's volumes and the groups' locks; and that it is started as itself alone. */
export function ofGrower(env: Environment): Expectation[] {
  const [grower, start] = [roleOf(env, "grower-role"), roleOf(env, "grower-start-role")];
  const table = arn(env, "dynamodb", `table/${coordinationTable(env.name)}`);
  const volume = arn(env, "ec2", "volume/vol-0123456789abcdef0");
  const of = (environment: string): Record<string, string> => ({ "aws:ResourceTag/coinfleet:environment": environment });
  const on = (scope: string, action: string): Call => ({
    action: `dynamodb:${action}`,
    resource: table,
    context: { "dynamodb:LeadingKeys": [scope] },
  });
  const run = (document: string): Call => ({
    action: "ssm:StartAutomationExecution",
    resource: arn(env, "ssm", `automation-definition/${document}:$DEFAULT`),
  });
  const pass = (role: string, service: string): Call => ({
    action: "iam:PassRole",
    resource: roleOf(env, role).principal,
    context: { "iam:PassedToService": `${service}.amazonaws.com` },
  });
  return [
    ...expect(true, grower, [
      { action: "ec2:ModifyVolume", resource: volume, context: of(env.name) },
      { action: "ec2:DescribeVolumes", resource: "*" },
      { action: "cloudwatch:GetMetricData", resource: "*" },
      ...["PutItem", "DeleteItem", "Query"].map((action) => on(groupScope("bitcoin"), action)),
      on(holdScope("bitcoin"), "Query"),
    ]),
    ...expect(false, grower, [
      { action: "ec2:ModifyVolume", resource: volume, context: of("elsewhere") },
      { action: "ec2:ModifyVolume", resource: volume },
      ...["DeleteVolume", "DetachVolume", "CreateSnapshot"].map((action) => ({
        action: `ec2:${action}`,
        resource: volume,
        context: of(env.name),
      })),
      on(holdScope("bitcoin"), "PutItem"),
      on(holdScope("bitcoin"), "DeleteItem"),
      { action: "dynamodb:Scan", resource: table },
      { ...on(groupScope("bitcoin"), "PutItem"), resource: arn(env, "dynamodb", `table/${coordinationTable("elsewhere")}`) },
      pass("grower-role", "ssm"),
    ]),
    ...expect(true, start, [run(`coinfleet-${env.name}-grower`), pass("grower-role", "ssm")]),
    ...expect(false, start, [
      run("coinfleet-elsewhere-grower"),
      run("AWS-RestartEC2Instance"),
      pass("grower-role", "ec2"),
      pass("backups-role", "ssm"),
      { action: "ec2:ModifyVolume", resource: volume, context: of(env.name) },
    ]),
  ];
}
