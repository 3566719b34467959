import { isExpired, speaksOf, type PolicyException } from "./exceptions.ts";
import type { PlannedResource } from "./planned-resource.ts";
import { looksAt, type Finding, type ResourceRule, type RuleSeverity, type RuleText, type Stack, type StackRule } from "./rule.ts";
import { fleetRules } from "./rules/fleet.ts";
import { identityRules } from "./rules/identity.ts";
import { imageRules } from "./rules/images.ts";
import { instanceRules } from "./rules/instances.ts";
import { networkRules } from "./rules/network.ts";
import { observabilityRules } from "./rules/observability.ts";
import { gateRules, releaseRules } from "./rules/releases.ts";
import { secretRules } from "./rules/secrets.ts";
import { storageRules } from "./rules/storage.ts";

/** Rules that one resource can break. Judged in a preview, and before it is made. */
export const resourceRules: readonly ResourceRule[] = [
  ...instanceRules,
  ...storageRules,
  ...networkRules,
  ...identityRules,
  ...secretRules,
  ...observabilityRules,
  ...imageRules,
];

/** Rules that only a stack as a whole can break. */
export const stackRules: readonly StackRule[] = [...fleetRules, ...releaseRules];

/** Every id, in the order of the documentation. */
export const ruleIds: readonly string[] = [...resourceRules, ...stackRules, ...gateRules].map(({ id }) => id);

/** When a judgement is made. What a preview does not know is left to the up; what an up does not know is missing. */
export type Moment = "preview" | "up";

/** Something that breaks a rule, and what that means. */
export interface Violation {
  readonly rule: string;
  readonly severity: RuleSeverity;
  readonly resource: string;
  readonly what: string;
  /** The stack file's exception for it, expired or not. */
  readonly exception?: PolicyException;
  /** It stops the preview or the up. */
  readonly isBlocking: boolean;
}

/** What a judgement depends on besides the resources. */
export interface Court {
  readonly stack: Omit<Stack, "resources">;
  readonly moment: Moment;
  readonly exceptions: readonly PolicyException[];
}

/** What one resource breaks of one rule. */
export function judgeResource(rule: ResourceRule, resource: PlannedResource, court: Court): readonly Violation[] {
  if (!looksAt(rule, resource.type)) return [];
  return sentence(
    rule,
    rule.check(resource, court.stack.config).map((finding) => ({ ...finding, resource: resource.name })),
    court,
  );
}

/** What a stack breaks of one rule. */
export function judgeStack(rule: StackRule, resources: readonly PlannedResource[], court: Court): readonly Violation[] {
  return sentence(rule, rule.check({ ...court.stack, resources }), court);
}

/** Everything that a stack breaks. */
export function violations(resources: readonly PlannedResource[], court: Court): readonly Violation[] {
  return [
    ...resourceRules.flatMap((rule) => resources.flatMap((resource) => judgeResource(rule, resource, court))),
    ...stackRules.flatMap((rule) => judgeStack(rule, resources, court)),
    ...gateRules.flatMap((rule) => excusedImages(rule, resources, court)),
  ];
}

/** Images that a gate lets pass whatever it finds. Of the others it says itself what is wrong with them. */
function excusedImages(rule: RuleText, resources: readonly PlannedResource[], court: Court): readonly Violation[] {
  const built = resources.flatMap(({ type, name }) => (type === "coinfleet:aws:Image" ? [name] : []));
  const images = [...new Set([...built, ...Object.keys(court.stack.config.spec.images.promoted)])];
  const found = images.map((resource) => ({ resource, what: "its critical vulnerabilities stop no gate" }));
  return sentence(rule, found, court).filter(({ exception, isBlocking }) => exception !== undefined && !isBlocking);
}

/** Exceptions that hold and excuse nothing: what they were for is mended, or their resource is spelled wrongly. */
export function idleExceptions({ exceptions, stack }: Court, found: readonly Violation[]): readonly PolicyException[] {
  const isNeeded = (one: PolicyException): boolean => found.some(({ exception }) => exception === one);
  return exceptions.filter((one) => !isExpired(one, stack.today) && !isNeeded(one));
}

function sentence(
  { id, severity }: { readonly id: string; readonly severity: RuleSeverity },
  findings: readonly (Finding & { readonly resource: string })[],
  { moment, exceptions, stack }: Court,
): readonly Violation[] {
  return findings
    .filter((finding) => moment === "up" || finding.isUnknown !== true)
    .map(({ resource, what }) => {
      const spoken = exceptions.filter((one) => speaksOf(one, { rule: id, resource }));
      const exception = spoken.find((one) => !isExpired(one, stack.today)) ?? spoken[0];
      const isExcused = exception !== undefined && !isExpired(exception, stack.today);
      return { rule: id, severity, resource, what, isBlocking: severity !== "low" && !isExcused, ...(exception && { exception }) };
    });
}

/** One line for a person. */
export function tell({ resource, what, exception }: Violation, today: string): string {
  if (exception === undefined) return `${resource}: ${what}.`;
  const { owner, expires, reason } = exception;
  return isExpired(exception, today)
    ? `${resource}: ${what}. Its exception (${owner}) expired on ${expires}.`
    : `${resource}: ${what}. Excepted until ${expires} by ${owner}: ${reason}`;
}
