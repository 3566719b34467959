import { runSimulation, type Simulation } from "@cloud-copilot/iam-simulate";
import type { Recorded } from "./record-program.ts";

/** A call to AWS, and what AWS knows of it besides who calls. */
export interface Call {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

/** Who calls: a role of the program with its own policies, a service, or another account. */
export interface Caller {
  readonly name: string;
  /** ARN, or a service's name. */
  readonly principal: string;
  readonly policies: readonly unknown[];
  /** What bounds it, whatever its policies say. @default - none */
  readonly boundary?: unknown;
}

const copying = "ec2:CopySnapshot";

/** Stands for `*`, IAM's name of a snapshot that is yet to be copied: the evaluator takes that for every snapshot. */
export const newSnapshot = "new";

/**
 * The evaluator's tables know no key of an encryption context by its name, no claims of GitLab's, and not that the source of a copied snapshot is judged by its
 * tags (AWS Storage Blog, 2025-04). In policies and calls alike a tag of the caller stands for the first and the last, and Google's claims for the others.
 */
const standIn = (text: string): string =>
  (text.includes(copying) ? text.replaceAll("aws:ResourceTag/", "aws:PrincipalTag/of-the-source-") : text)
    .replaceAll("${*}", newSnapshot)
    .replaceAll(/gitlab\.com:(aud|sub)/g, "accounts.google.com:$1")
    .replace(/kms:EncryptionContext:([\w:]+)/g, (_, key: string) => `aws:PrincipalTag/encryption-context-${key.replaceAll(":", "-")}`);
const readable = (policy: unknown): unknown =>
  JSON.parse(JSON.stringify(policy), (key, value: unknown) =>
    key === "Statement" && Array.isArray(value) ? value.map((one): unknown => JSON.parse(standIn(JSON.stringify(one)))) : value,
  );

/**
 * Whether AWS would allow it, by an evaluator of IAM policies that checks policies, actions and kinds of resource against AWS's own tables.
 * @param resourcePolicy policy of the resource, where it has one
 * @throws Error when the call or a policy makes no sense: an action that does not exist, or none that takes such a resource
 */
export async function isAllowed(caller: Caller, call: Call, account: string, resourcePolicy?: unknown): Promise<boolean> {
  const simulation: Simulation = {
    request: {
      principal: caller.principal,
      action: call.action,
      resource: { resource: call.resource, accountId: account },
      contextVariables: { "aws:SecureTransport": "true", ...contextOf(call) },
    },
    identityPolicies: caller.policies.map((policy, index) => ({ name: `${caller.name}-${index}`, policy: readable(policy) })),
    ...(caller.boundary === undefined ? {} : { permissionBoundaryPolicies: [{ name: "boundary", policy: readable(caller.boundary) }] }),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...(resourcePolicy === undefined ? {} : { resourcePolicy: readable(resourcePolicy) }),
  };
  const checked = await runSimulation(simulation, {});
  if (checked.resultType === "error") throw new Error(`${call.action} on ${call.resource}: ${JSON.stringify(checked.errors)}`);
  if (checked.resultType !== "single" && call.resource !== "*") throw new Error(`${call.action} on ${call.resource}: name one resource`);
  const results = checked.resultType === "single" ? [checked.result] : checked.results;
  const ignored = results.flatMap(({ ignoredContextKeys }) => ignoredContextKeys ?? []);
  if (ignored.length > 0) throw new Error(`${call.action}: AWS never says ${ignored.join(", ")} of it`);
  return checked.overallResult === "Allowed";
}

const contextOf = ({ action, context = {} }: Call): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(context).map(([key, value]) => [
      standIn(`${action} ${key}`).replace(`${action} `, ""),
      typeof value === "string" ? value : [...value],
    ]),
  );

/** The mocked engine's ids inside policies become ARNs, so that an evaluator can read them. */
export function policyOf(one: Recorded, key: string, realArns: Readonly<Record<string, string>>): unknown {
  const text = Object.entries(realArns).reduce((known, [mock, real]) => known.replaceAll(mock, real), String(one.inputs[key]));
  return JSON.parse(text);
}
