import assert from "node:assert/strict";
import { policyOf, type Call, type Caller } from "./iam.ts";
import type { Recorded } from "./record-program.ts";

export const region = "eu-central-1";
export const otherRegion = "eu-west-1";
export const stranger = "999999999999";

/** A stack as its roles see it. */
export interface Environment {
  readonly name: string;
  readonly account: string;
  readonly resources: readonly Recorded[];
  /** What bounds its roles. @default - nothing */
  readonly boundary?: unknown;
}

/** What is expected of one call. */
export interface Expectation {
  readonly caller: Caller;
  readonly call: Call;
  readonly may: boolean;
}

/** A property of a resource. */
export const text = (one: Recorded, key: string): string => String(one.inputs[key]);
export const ofType = ({ resources }: Environment, type: string): readonly Recorded[] => resources.filter((one) => one.type === type);
/** ARN of something of the environment. */
export const arn = ({ account }: Environment, service: string, resource: string): string =>
  `arn:aws:${service}:${region}:${account}:${resource}`;
export const keyArn = (env: Environment): string => arn(env, "kms", "key/00000000-0000-0000-0000-000000000001");
export const roleArn = ({ account }: Environment, role: Recorded): string =>
  `arn:aws:iam::${account}:role${text(role, "path")}${role.name}`;
export const realArns = (env: Environment): Record<string, string> => ({
  "arn:of:Key:keys-data": keyArn(env),
  "arn:of:Role:grower-role": `arn:aws:iam::${env.account}:role/coinfleet/${env.name}/grower-role`,
});

/** Value of a tag of a resource of the program. */
export function tag(one: Recorded, key: string): string | undefined {
  const tags: unknown = one.inputs["tags"];
  if (typeof tags !== "object" || tags === null) return undefined;
  const value: unknown = Reflect.get(tags, `coinfleet:${key}`);
  return typeof value === "string" ? value : undefined;
}

export const tagsOf = (one: Recorded): Record<string, string> => {
  const own = ["environment", "group", "node", "backup"].flatMap((key) => {
    const value = tag(one, key);
    return value === undefined ? [] : [[`aws:ResourceTag/coinfleet:${key}`, value] as const];
  });
  return Object.fromEntries(own);
};

/** Every role that the program makes, with its policies. */
export function roles(env: Environment): ReadonlyMap<string, Caller> {
  const all = ofType(env, "aws:iam/role:Role").map((role): [string, Caller] => {
    const policies = ofType(env, "aws:iam/rolePolicy:RolePolicy").filter((one) => text(one, "role") === `Role:${role.name}`);
    const documents = policies.map((one) => policyOf(one, "policy", realArns(env)));
    return [role.name, { name: role.name, principal: roleArn(env, role), policies: documents, boundary: env.boundary }];
  });
  return new Map(all);
}

/** A role of the program by its logical name. */
export function roleOf(env: Environment, name: string): Caller {
  return roles(env).get(name) ?? assert.fail(`there is no role ${name}`);
}

export const expect = (may: boolean, caller: Caller, calls: readonly Call[]): Expectation[] => calls.map((call) => ({ caller, call, may }));
