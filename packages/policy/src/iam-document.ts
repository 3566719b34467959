import { z } from "zod";
import { documentOf } from "./values.ts";

const oneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);

const statement = z.object({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Principal: z.union([z.string(), z.record(z.string(), oneOrMore)]).optional(),
  Action: oneOrMore,
  Resource: oneOrMore.optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});

/** A statement of a policy, with lists where IAM allows a single text. */
export type IamStatement = z.infer<typeof statement>;

const document = z.object({ Statement: z.union([z.array(statement), statement.transform((one) => [one])]) });

/** The statements of a policy document, given as text or object. `undefined`: it cannot be read, and so it cannot be judged. */
export function statementsOf(value: unknown): readonly IamStatement[] | undefined {
  const parsed = document.safeParse(documentOf(value));
  return parsed.success ? parsed.data.Statement : undefined;
}

/** The condition keys of a statement. */
export function conditionKeys({ Condition }: IamStatement): readonly string[] {
  return Object.values(Condition ?? {}).flatMap(Object.keys);
}

/** Whether anybody at all may do it. */
export function isPublic({ Effect, Principal }: IamStatement): boolean {
  if (Effect !== "Allow" || Principal === undefined) return false;
  return Principal === "*" || (typeof Principal !== "string" && (Principal["AWS"] ?? []).includes("*"));
}
