import type { GroupSelfHealingSpec, SelfHealingSpec } from "./environment-spec.ts";
import type { ResolvedSelfHealing } from "./resolved.ts";

/** What is done to a group's nodes without a person. The environment's switch is for an emergency: no group's line turns it on again. */
export function resolveSelfHealing(environment: SelfHealingSpec, own: GroupSelfHealingSpec = {}): ResolvedSelfHealing {
  if (!environment.enabled || own.enabled === false) return { restartsPerDay: 0, growByPercent: 0 };
  return {
    restartsPerDay: own.restartsPerDay ?? environment.restartsPerDay,
    growByPercent: own.growByPercent ?? environment.growByPercent,
  };
}
