import { GetParametersByPathCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { drillPlanSchema, drillPlansPath, type DrillPlan } from "@coinfleet/sdk";
import { calling } from "../aws-call.ts";
import { CliError } from "../cli-error.ts";
import { readParameter } from "../read-parameter.ts";

/** The plan of a group's drills, as the program wrote it; undefined where it wrote none. */
export async function readPlan(ssm: SSMClient, environment: string, group: string): Promise<DrillPlan | undefined> {
  const Name = `${drillPlansPath(environment)}/${group}`;
  const found = await readParameter(ssm, Name);
  return found === undefined ? undefined : parsePlan(Name, found.Value);
}

/** The plans of every group of an environment that has drills. */
export async function readPlans(ssm: SSMClient, environment: string): Promise<readonly DrillPlan[]> {
  const plans: DrillPlan[] = [];
  let token: string | undefined;
  do {
    const command = new GetParametersByPathCommand({ Path: drillPlansPath(environment), NextToken: token });
    const answer = await calling("ssm:GetParametersByPath", ssm.send(command));
    plans.push(...(answer.Parameters ?? []).map(({ Name, Value }) => parsePlan(Name ?? "?", Value)));
    token = answer.NextToken;
  } while (token !== undefined && token !== "");
  return plans;
}

function parsePlan(where: string, value: string | undefined): DrillPlan {
  const parsed = drillPlanSchema.safeParse(JSON.parse(value ?? "null"));
  if (parsed.success) return parsed.data;
  throw new CliError("InvalidInput", {
    title: "The plan of the drills is of another version than this command.",
    where,
    got: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "),
    fix: "Use the command line of the commit that was last applied, or apply this one.",
    state: "Nothing has been changed.",
  });
}
