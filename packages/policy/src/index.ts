export { exceptionsSchema, parseExceptions, isExpired, type Exceptions, type PolicyException } from "./exceptions.ts";
export { judgeResource, judgeStack, resourceRules, ruleIds, stackRules, tell, violations, type Court, type Violation } from "./judge.ts";
export { readAcceptances } from "./read-exceptions.ts";
export type { PlannedResource } from "./planned-resource.ts";
export { at, documentOf, elements, isText, isUnknown, textOf, withoutStandIns } from "./values.ts";
export { containerProblems } from "./rules/containers.ts";
export { isWorld } from "./rules/network.ts";
export { statementsOf, type IamStatement } from "./iam-document.ts";
export { credentialsIn } from "./rules/secrets.ts";
