export { securityRules, violations } from "./security-rules.ts";
export type { PlannedResource, SecurityRule, Violation } from "./planned-resource.ts";
