import * as pulumi from "@pulumi/pulumi";
import { renderProblems, type Problem } from "@coinfleet/sdk";
import { z } from "zod";
import { problemsOfIssues } from "./problems-of-issues.ts";
import { configured } from "./read-stack.ts";
import { accountOf, regionOf } from "./stack-values.ts";
import { asProperties, toJsonSchema } from "./to-json-schema.ts";

const accountPath = "coinfleet:account";
const environment = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, "a stack's name, for example production");

const bootstrapSchema = z.strictObject({
  environments: z.array(environment).min(1, "the stacks that this account holds"),
  pipeline: z.strictObject({
    issuer: z
      .url({ protocol: /^https$/, error: "an https address: who signs the identity tokens of the pipeline's jobs" })
      .refine((url) => !url.endsWith("/"), "without a slash at its end"),
    project: z.string().regex(/^[\w.-]+(\/[\w.-]+)+$/, "group/project, or owner/repository"),
    branch: z
      .string()
      .regex(/^[\w./-]+$/, "the name of a protected branch, without wildcards")
      .default("main"),
  }),
});

/** What the account's own stack file says. */
export interface BootstrapConfig extends z.infer<typeof bootstrapSchema> {
  readonly place: { readonly environment: "bootstrap"; readonly account: string; readonly region: string };
}

/** Values of an account's stack file, or everything that is wrong with them. */
export function readBootstrapValues(values: {
  readonly region: unknown;
  readonly allowedAccountIds: unknown;
  readonly account: unknown;
}): BootstrapConfig | readonly Problem[] {
  const region = regionOf(values.region);
  const account = accountOf(values.allowedAccountIds);
  const raw = values.account ?? {};
  const read = bootstrapSchema.safeParse(raw);
  const problems = [region, account].filter((found) => typeof found !== "string");
  if (!read.success)
    return [...problems, ...problemsOfIssues(read.error.issues, raw, asProperties(toJsonSchema(bootstrapSchema)), accountPath)];
  if (typeof region !== "string" || typeof account !== "string") return problems;
  return { ...read.data, place: { environment: "bootstrap", account, region } };
}

/**
 * The stack file of an account.
 * @throws pulumi.RunError with every mistake in it, before any resource is registered
 */
export function readBootstrap(): BootstrapConfig {
  const read = readBootstrapValues({
    region: configured("aws", "region"),
    allowedAccountIds: configured("aws", "allowedAccountIds"),
    account: configured("coinfleet", "account"),
  });
  if ("place" in read) return read;
  throw new pulumi.RunError(renderProblems(`packages/bootstrap/stacks/Pulumi.${pulumi.getStack()}.yaml`, read));
}
