import type { StackConfig } from "@coinfleet/config";
import type { PlannedResource } from "./planned-resource.ts";
import { isUnknown } from "./values.ts";

/** `critical`, `high` and `medium` stop a preview and an up; `low` is told. */
export type RuleSeverity = "critical" | "high" | "medium" | "low";

/** What every rule says of itself. */
export interface RuleText {
  /** Permanent: exceptions name it. */
  readonly id: string;
  readonly severity: RuleSeverity;
  /** What is asked, as a sentence. */
  readonly asks: string;
  /** What happens where it is not so. */
  readonly reason: string;
  /** Where it comes from: controls of AWS Foundational Security Best Practices (FSBP), CIS benchmarks, or our own. */
  readonly standard: readonly string[];
}

/** Something that is not as a rule asks. */
export interface Finding {
  readonly what: string;
  /** The value is not known yet: decided when it is. */
  readonly isUnknown?: boolean;
}

/** A rule about one resource. What is missing is a violation, never a default. */
export interface ResourceRule extends RuleText {
  /** Types that it looks at; a trailing `*` stands for the rest. */
  readonly types: readonly string[];
  check(resource: PlannedResource, config: StackConfig): readonly Finding[];
}

/** What a rule about the whole stack may know. */
export interface Stack {
  readonly resources: readonly PlannedResource[];
  readonly config: StackConfig;
  /** ISO date. */
  readonly today: string;
}

/** A rule about a stack as a whole. */
export interface StackRule extends RuleText {
  check(stack: Stack): readonly (Finding & { readonly resource: string })[];
}

/** One finding unless the value passes. A value that is not known is neither good nor bad. */
export function must(value: unknown, passes: (value: unknown) => boolean, what: string): readonly Finding[] {
  if (isUnknown(value)) return [{ what, isUnknown: true }];
  return passes(value) ? [] : [{ what }];
}

/** {@link must} be exactly this. */
export function mustBe(value: unknown, wanted: unknown, what: string): readonly Finding[] {
  return must(value, (got) => got === wanted, what);
}

/** Whether a rule looks at resources of a type. */
export function looksAt({ types }: ResourceRule, type: string): boolean {
  return types.some((pattern) => (pattern.endsWith("*") ? type.startsWith(pattern.slice(0, -1)) : type === pattern));
}
